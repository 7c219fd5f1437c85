import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuum.core.ranking import MAX_TERMS, match_expression, relative_scores

_INDEX = sqlite3.connect(":memory:", check_same_thread=False)
_INDEX.execute("CREATE VIRTUAL TABLE t USING fts5(text, tokenize = 'porter unicode61')")


def test_telling_words_are_quoted_and_joined_by_or():
    assert match_expression("Where does Maya live, and where?") == '"maya" OR "live"'


def test_a_question_of_stop_words_alone_keeps_them():
    assert match_expression("who is it") == '"who" OR "is" OR "it"'


@pytest.mark.parametrize("question", ["", "?!", '" ( * ^ -', "  "])
def test_a_question_without_words_has_no_expression(question):
    assert match_expression(question) is None


def test_a_very_long_question_is_cut_to_a_number_of_terms():
    assert match_expression(" ".join(f"word{n}" for n in range(500))).count('"') == 2 * MAX_TERMS


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_no_question_whatever_is_read_as_query_syntax(question):
    expression = match_expression(question)
    if expression is not None:
        found = _INDEX.execute("SELECT rowid FROM t WHERE t MATCH ?", (expression,)).fetchall()
        assert isinstance(found, list)  # an expression read as syntax raises instead


def test_the_best_score_is_one_and_higher_is_better():
    assert relative_scores([-8.0, -2.0, 0.0]) == [1.0, 0.25, 0.0]


def test_scores_of_a_tiny_collection_are_still_usable():
    assert relative_scores([-1e-6, -1e-6]) == [1.0, 1.0]
    assert relative_scores([0.0]) == [1.0]
    assert relative_scores([]) == []
