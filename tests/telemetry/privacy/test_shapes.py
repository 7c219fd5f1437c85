from __future__ import annotations

import pytest

from telemetry.privacy.shapes import SHAPE, shape


class Rude(type):
    @property
    def __name__(cls):
        raise RuntimeError("called")


class Guest(metaclass=Rude):
    def __repr__(self):
        raise RuntimeError("called")

    __len__ = __str__ = __repr__


class Diary(str):
    __slots__ = ()

    def __len__(self):
        raise RuntimeError("called")


# A dictionary and not parameters: pytest asks parameters for their length to name its tests.
EXPECTED = {
    "str len=8": "my diary",
    "bytes len=2": b"my",
    "dict keys=2": {"a": 1, "b": 2},
    "list len=1": [1],
    "tuple len=0": (),
    "set len=1": {1},
    "int": 491511234567,
    "bool": True,
    "None": None,
    "float": 1.5,
    "Guest": Guest(),
    "Diary": Diary("my diary"),
    "Rude": Guest,
}


@pytest.mark.parametrize("expected", EXPECTED)
def test_a_value_is_told_by_its_shape_and_never_called(expected):
    assert shape(EXPECTED[expected]) == expected
    assert SHAPE.fullmatch(expected)
