import pytest

from continuum.core.errors import InvalidText
from continuum.core.texts import MAX_TEXT_BYTES, checked_text


@pytest.mark.parametrize("text", ["a", "näive 日本語 🦊", "x" * MAX_TEXT_BYTES, "line\nline"])
def test_ordinary_text_is_accepted(text):
    assert checked_text(text) == text


@pytest.mark.parametrize(
    "text", ["", " \n", "a\0b", "a\ud800", "x" * (MAX_TEXT_BYTES + 1), "ä" * (MAX_TEXT_BYTES // 2 + 1)]
)
def test_text_that_cannot_be_stored_is_refused_without_being_quoted(text):
    with pytest.raises(InvalidText, match=r"^expected text that isn't blank"):
        checked_text(text)
