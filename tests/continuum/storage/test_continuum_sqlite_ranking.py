"""What a search on SQLite may cost."""

from __future__ import annotations

from continuum.storage.index.sqlite_ranking import _affordable


def test_a_question_costs_no_more_rows_than_it_may_and_keeps_its_three_rarest_words():
    words = [(1, 900, "quokka"), (2, 3000, "garden"), (3, 3000, "seen"), (4, 200, "rain")]
    assert _affordable(words, 8000) == words
    assert _affordable(words, 7000) == words[:3]
    assert _affordable(words, 1000) == words[:3]
    assert _affordable(words[:1], 0) == words[:1]
