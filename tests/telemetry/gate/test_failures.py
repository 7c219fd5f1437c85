"""An exception is noted with its class, text and frames, and nothing of it is called."""

from __future__ import annotations

import errno
import weakref

import pytest

from telemetry.gate.failures import MAX_FRAMES, failure_of, text_of


def called(*_arguments):
    raise AssertionError("code of the application was called")


class Rude(Exception):  # noqa: N818  # its name is data here
    __str__ = __repr__ = called
    __cause__ = __context__ = __traceback__ = args = property(called)


class Odd(str):
    __slots__ = ()
    __str__ = __repr__ = called


def raised(error):
    try:
        raise error
    except BaseException as caught:
        return caught


@pytest.mark.parametrize(
    "error",
    [
        ValueError("could not"),
        ValueError("could", "not", 3),
        KeyError("name"),
        KeyError(),
        FileNotFoundError(errno.ENOENT, "No such file", "/x"),
        ModuleNotFoundError("No module named 'x'"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        StopIteration(None),
    ],
)
def test_the_text_is_the_one_that_the_interpreter_makes(error):
    assert text_of(error) == str(error)


def test_a_class_that_makes_its_text_itself_gives_its_first_argument():
    assert text_of(Rude("said")) == "said"
    assert text_of(Rude(object())) is None


@pytest.mark.parametrize(
    "error", [ValueError(Odd("x")), KeyError(object()), OSError(1, "x", Odd("/x")), ValueError([1])]
)
def test_arguments_of_other_types_give_no_text(error):
    assert text_of(error) is None


def test_a_changed_attribute_is_not_asked_for_its_text():
    error = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
    error.reason = Odd("x")
    assert text_of(error) == "utf-8"


def test_ten_megabytes_are_cut():
    assert len(text_of(ValueError("x" * 10_000_000))) < 50_000


def test_a_chain_is_noted_from_the_first_to_the_last():
    try:
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError("second") from error
    except ValueError as error:
        told = failure_of(error).attributes()
    assert told["exception.type"] == "ValueError"
    assert told["exception.message"] == "second"
    assert [line for line in told["exception.stacktrace"].splitlines() if not line.startswith("  ")] == [
        "Traceback (most recent call last):",
        "The above exception was the direct cause of the following exception:",
        "Traceback (most recent call last):",
    ]


def test_a_context_that_was_suppressed_is_left_out():
    error = ValueError("second")
    error.__context__ = raised(KeyError("first"))
    assert failure_of(error).attributes()["exception.stacktrace"].count("Traceback") == 1
    error.__suppress_context__ = True
    assert "exception.stacktrace" not in failure_of(error).attributes()


def test_an_exception_that_causes_itself_ends():
    error = ValueError("x")
    error.__cause__ = error
    assert failure_of(error) is not None


def test_an_exception_whose_every_attribute_is_a_property_is_noted():
    failure = failure_of(raised(Rude("said")))
    assert failure.name.endswith(".Rude")
    assert failure.stack


def test_of_a_deep_recursion_the_innermost_frames_are_kept():
    def dive(depth):
        if depth == 0:
            raise ValueError
        dive(depth - 1)

    try:
        dive(300)
    except ValueError as error:
        (frames,) = failure_of(error).stack
    assert len(frames) == MAX_FRAMES
    assert {function for _, _, function in frames} == {"dive"}


def test_neither_the_exception_nor_the_variables_of_its_frames_are_kept():
    class Held:
        pass

    held = Held()
    watched = weakref.ref(held)

    def fail(local):
        raise ValueError("x")

    try:
        fail(held)
    except ValueError as error:
        failure = failure_of(error)
    del held
    assert watched() is None
    assert failure.stack


def test_what_is_no_exception_is_none():
    assert failure_of(None) is None
    assert failure_of("text") is None
