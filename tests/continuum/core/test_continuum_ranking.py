import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuum.core.ranking import MAX_TERMS, relative_scores, search_terms


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


def test_the_best_score_is_one_and_higher_is_better():
    assert relative_scores([8.0, 2.0, -0.0]) == [1.0, 0.25, 0.0]


def test_scores_of_a_tiny_collection_are_still_usable():
    assert relative_scores([1e-6, 1e-6]) == [1.0, 1.0]
    assert relative_scores([0.0]) == [1.0]
    assert relative_scores([]) == []
