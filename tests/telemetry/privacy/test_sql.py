from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.privacy.sql import summary, template


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "SELECT name FROM users WHERE id IN (1, 2, 3) -- of Acme",
            "SELECT name FROM users WHERE id IN (?…)",
        ),
        ("INSERT INTO t (a, b) VALUES (?, ?), (?, ?)", "INSERT INTO t (a, b) VALUES (?…)"),
        ("SELECT 'it''s' FROM t", "SELECT ? FROM t"),
        (r"SELECT 'x\' AND b = 'secret'", "SELECT ?"),
        ("SELECT $$secret$$, $tag$ secret $tag$", "SELECT ?, ?"),
        ("SELECT X'0AFF', 1.5e3, 0x1F", "SELECT ?, ?, ?"),
        ("SELECT * FROM t WHERE x MATCH 'never closed", "SELECT * FROM t WHERE x MATCH ?"),
        ("SELECT /* who: Acme */ a FROM t", "SELECT a FROM t"),
        ("SELECT a FROM memory_fts_12", "SELECT a FROM memory_fts_?"),
        ('SELECT a FROM "order" AS o', 'SELECT a FROM "order" AS o'),
        ('SELECT "a person\'s words" FROM t', 'SELECT "?" FROM t'),
        (
            "SELECT a FROM t WHERE b = %(name)s AND c = :name AND d = $1",
            "SELECT a FROM t WHERE b = ? AND c = ? AND d = $1",
        ),
    ],
)
def test_literals_go_and_the_template_stays(statement, expected):
    assert template(statement) == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT a FROM memories WHERE b = ?", "SELECT memories"),
        ("insert into keys values (?)", "INSERT keys"),
        ("UPDATE t SET a = ?", "UPDATE t"),
        ("PRAGMA journal_mode", "PRAGMA"),
        ("", "SQL"),
    ],
)
def test_a_summary_is_the_verb_and_the_table(statement, expected):
    assert summary(statement) == expected


@given(st.text(alphabet="ab'\"\\$-/* \n?%:1", max_size=60))
def test_a_template_is_its_own_template(statement):
    once = template(statement)
    assert template(once) == once


@given(st.text(alphabet=st.characters(exclude_characters="'\\\0"), max_size=40))
def test_no_word_of_a_literal_survives(words):
    assert (
        template(f"SELECT a FROM t WHERE b = '{words}' AND c = 1") == "SELECT a FROM t WHERE b = ? AND c = ?"
    )
