"""What is loaded is looked at without asking it anything, and whatever it says of itself."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from telemetry.privacy.loaded import space_of
from telemetry.privacy.vocabulary import Vocabulary


class Pretender:
    """As what cffi loads: it says that it is a module, and has no dictionary."""

    __slots__ = ()

    @property
    def __class__(self):
        return ModuleType


class Lazy(ModuleType):
    def __getattribute__(self, name: str) -> object:
        pytest.fail(f"asked for {name}")


def test_what_only_says_that_it_is_a_module_holds_nothing():
    assert isinstance(Pretender(), ModuleType)
    assert space_of(Pretender()) == {}


def test_a_lazy_module_is_not_asked():
    assert space_of(Lazy("lazy"))["__name__"] == "lazy"


def test_a_word_is_looked_for_beside_such_a_thing(monkeypatch):
    monkeypatch.setitem(sys.modules, "pretender", Pretender())
    assert not Vocabulary("strict").knows_key("nowhere_in_any_code_at_all", "pretender")
