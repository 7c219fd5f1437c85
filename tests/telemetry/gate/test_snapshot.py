"""What is logged is copied within bounds, and nothing of it is called."""

from __future__ import annotations

import enum

import pytest
from opentelemetry.attributes import BoundedAttributes

from telemetry.gate.snapshot import LONGEST, Snapshot


def called(*_arguments, **_more):
    raise AssertionError("code of the application was called")


METHODS = ("__str__", "__repr__", "__len__", "__iter__", "__getitem__", "__eq__", "__hash__", "__bool__")
MORE = ("__int__", "__float__", "items", "keys")
HOSTILE = dict.fromkeys(METHODS + MORE, called) | {"__class__": property(called)}


def hostile(base, *arguments):
    return type("Hostile", (base,), dict(HOSTILE))(*arguments)


def test_plain_values_are_copied_as_they_are():
    value = {"text": "x", "number": 1, "share": 0.5, "yes": True, "none": None, "list": ["a", (1, 2)]}
    assert Snapshot().value(value) == value | {"list": ["a", [1, 2]]}


def test_a_copy_does_not_change_with_what_it_was_made_from():
    value = {"list": [1]}
    copied = Snapshot().value(value)
    value["list"].append(2)
    assert copied == {"list": [1]}


@pytest.mark.parametrize("base", [object, Exception])
def test_objects_are_not_read(base):
    assert Snapshot().value(hostile(base)) is ...


def test_subclasses_of_builtin_types_are_read_without_their_own_methods():
    values = [
        hostile(str, "text"),
        hostile(int, 7),
        hostile(float, 0.5),
        hostile(list, [1]),
        hostile(tuple, (2,)),
        hostile(dict, {"k": 3}),
    ]
    copied = Snapshot().value(values)
    assert copied == ["text", 7, 0.5, [1], [2], {"k": 3}]
    assert [type(value) for value in copied] == [str, int, float, list, list, dict]


def test_members_of_enumerations_are_their_values():
    kind = enum.StrEnum("kind", {"FACT": "fact"})
    assert type(Snapshot().value(kind.FACT)) is str
    assert Snapshot().value(enum.IntEnum("level", {"HIGH": 9}).HIGH) == 9


def test_bytes_and_numbers_that_no_field_holds_are_not_read():
    assert Snapshot().value([b"bytes", 2**63, -(2**64), {1}]) == [...] * 4


def test_attributes_of_the_sdk_are_copied():
    assert Snapshot().value(BoundedAttributes(attributes={"a": 1})) == {"a": 1}


def test_keys_that_are_no_text_are_left_out():
    assert Snapshot().value({1: "a", None: "b", "c": "d"}) == {"c": "d"}


def test_what_contains_itself_ends():
    cycle: list = []
    cycle.append(cycle)
    mapping: dict = {}
    mapping["self"] = mapping
    assert str(Snapshot().value([cycle, mapping])).count("Ellipsis") == 2


def test_a_value_that_branches_without_end_is_bounded():
    wide: list = [1]
    for _ in range(6):
        wide = [wide] * 128
    snapshot = Snapshot()
    assert str(snapshot.value(wide)).count("1") < 1024
    assert snapshot.weight < 1 << 20


def test_long_texts_are_cut_and_a_record_has_room_for_so_many():
    snapshot = Snapshot()
    long = "x" * 10_000_000
    copied = snapshot.value([long] * 6)
    assert [len(text) if text is not ... else None for text in copied] == [LONGEST] * 4 + [None] * 2
    assert snapshot.value("y") is ...
    assert snapshot.weight < 5 * LONGEST


def test_half_a_surrogate_pair_is_made_fit_for_encoding():
    assert Snapshot().value({"a\ud800": "b\udfff"}) == {"a?": "b?"}
