from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuum.core.ranking import MAX_TERMS, Candidate, rank, search_terms


def test_the_terms_are_the_telling_words():
    assert search_terms("Where does Maya live, and where?") == ["maya", "live"]


def test_a_question_of_stop_words_alone_keeps_them():
    assert search_terms("who is it") == ["who", "is", "it"]


@pytest.mark.parametrize("question", ["", "?!", '" ( * ^ -', "  "])
def test_a_question_without_words_has_no_terms(question):
    assert search_terms(question) == []


def test_a_very_long_question_is_cut_to_a_number_of_terms():
    assert len(search_terms(" ".join(f"word{n}" for n in range(500)))) == MAX_TERMS


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_no_term_holds_anything_that_a_query_could_be_made_of(question):
    for term in search_terms(question):
        assert not set(term) & set("\"'\\:*()&|!<>^- \t\n")


def found(number, strength, session=None, **parts):
    parts = {"lexical": strength, "neighbours": 0.0, "time": 0.0} | parts
    return Candidate(number, session, strength, **parts)


def test_the_best_score_is_one_and_higher_is_better():
    assert [
        (each.number, each.score) for each in rank([found(1, 8.0), found(2, 2.0), found(3, -0.0)], 9)
    ] == [
        (1, 1.0),
        (2, 0.25),
        (3, 0.0),
    ]


def test_scores_of_a_tiny_collection_are_still_usable():
    assert [each.score for each in rank([found(1, 1e-6), found(2, 1e-6)], 9)] == [1.0, 1.0]
    assert [each.score for each in rank([found(1, 0.0)], 9)] == [1.0]
    assert rank([], 9) == []


def test_the_session_of_the_best_match_lifts_its_other_memories():
    ranked = rank([found(1, 10.0, "trip"), found(2, 4.0, "work"), found(3, 3.9, "trip")], 3)
    assert [each.number for each in ranked] == [1, 3, 2]
    assert ranked[1].parts.session > ranked[2].parts.session > 0


def test_a_memory_without_a_session_is_lifted_by_itself_alone():
    ranked = rank([found(1, 10.0), found(2, 4.0)], 2)
    assert [each.parts.session for each in ranked] == [round(4 / 14, 4), round(1.6 / 14, 4)]


def test_equal_ones_stay_in_their_order_and_the_limit_is_kept():
    assert [each.number for each in rank([found(7, 1.0), found(3, 1.0), found(5, 1.0)], 2)] == [7, 3]


@given(
    st.lists(
        st.tuples(
            st.floats(0, 50), st.floats(0, 50), st.floats(0, 50), st.sampled_from([None, "one", "two"])
        ),
        min_size=1,
        max_size=20,
    )
)
def test_the_parts_make_up_the_score(some):
    candidates = [
        Candidate(number, session, lexical + beside + time, lexical, beside, time)
        for number, (lexical, beside, time, session) in enumerate(some)
    ]
    for each in rank(candidates, 20):
        assert 0 <= each.score <= 1
        assert sum(asdict(each.parts).values()) == pytest.approx(each.score, abs=4e-4)
