from __future__ import annotations

import fuzzing
import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("seed", [1, 2])
def test_made_up_inputs_break_no_promise(seed):
    fuzzing.run(1_000, seed)


@given(st.text(max_size=300))
def test_any_text_is_redacted_once_and_for_all(text):
    clean, _ = fuzzing.REDACT(text)
    assert fuzzing.REDACT(clean) == (clean, None)
