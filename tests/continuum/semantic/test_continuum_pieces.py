"""Pieces of words, as the model was taught them; the numbers are those of its own tokenizer."""

import pytest

from continuum.semantic.pieces import MOST_PIECES, pieces


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", []),
        ("Maya's café: 7€!", [9815, 1005, 1055, 7668, 1024, 1021, 30102, 999]),
        (
            "unaffable  antidisestablishmentarianism",
            [14477, 20961, 3468, 3424, 10521, 4355, 7875, 13602, 3672, 12199, 2964],
        ),
        ("北京 is nice", [1781, 1755, 2003, 3835]),
        ("a_b\u200bc\x00d", [1037, 1035, 4647, 2094]),
        ("one\u2028two\u00a0three", [2028, 2048, 2093]),
        ("x" * 101, [100]),
    ],
)
def test_a_text_becomes_the_pieces_that_the_model_knows(text, numbers):
    assert pieces(text) == [101, *numbers, 102]


@pytest.mark.parametrize("text", ["word " * 20_000, "x" * 1_000_000, "é" * 500_000, "!" * 100_000])
def test_a_long_text_is_cut_and_still_has_its_end(text):
    found = pieces(text)
    assert len(found) <= MOST_PIECES
    assert (found[0], found[-1]) == (101, 102)
