"""The errors that continuum raises on purpose.

A message is made of constant words only. Values travel as attributes, and neither memory text nor a tenant's
name is among them, so that an error can be printed, logged and sent without being read first.
"""

from __future__ import annotations


class ContinuumError(Exception):
    """Base of all errors raised by continuum.

    Args:
        message: constant words; the same text for every occurrence of the same problem.
        values: what varies, kept in ``values`` for a debugger and never part of the message.

    """

    def __init__(self, message: str, /, **values: object) -> None:
        super().__init__(message)
        self.values = values


class SettingsError(ContinuumError):
    """A setting has no accepted form; the message names the variable and the form, never the value."""


class StorageError(ContinuumError):
    """The database cannot be opened or is not one of ours; the driver's error is the cause."""


class CacheError(ContinuumError):
    """The cache's answer cannot be used; recall goes on without it."""


class SemanticError(ContinuumError):
    """What texts mean can't be told; recall goes on by their words alone."""


class LearnError(ContinuumError):
    """A turn could not be stored, and nothing of it was; the database's error is the cause."""


class RecallError(ContinuumError):
    """Memories could not be read; the database's error is the cause."""


class InvalidText(ContinuumError):  # noqa: N818 - the name says what happened
    """A text is blank, too long, or holds characters that no database stores."""


class InvalidProvenance(ContinuumError):  # noqa: N818 - the name says what happened
    """A session, role, time, importance or metadata has no accepted form; the message gives the form."""


class InvalidTenant(ContinuumError):  # noqa: N818 - the name says what happened
    """A tenant's name does not have the accepted form."""


class TenantNotFound(ContinuumError):  # noqa: N818 - the name says what happened
    """No tenant of this name exists."""


class KeyNotFound(ContinuumError):  # noqa: N818 - the name says what happened
    """No API key of this id exists."""


class MemoryNotFound(ContinuumError):  # noqa: N818 - the name says what happened
    """The tenant has no memory of this id; whether another tenant has one makes no difference."""


class InvalidRecord(ContinuumError):  # noqa: N818 - the name says what happened
    """A line of an import is no record; ``values["line"]`` is its number, and its text is nowhere."""


class InvalidSuccession(ContinuumError):  # noqa: N818 - the name says what happened
    """A memory can't be superseded by itself, nor by one that is superseded."""


class IdempotencyConflict(ContinuumError):  # noqa: N818 - the name says what happened
    """An Idempotency-Key came again with another request; nothing was stored."""


class BatchTooLarge(ContinuumError):  # noqa: N818 - the name says what happened
    """More was to be learned at once than is allowed; nothing was stored."""


class InvalidFilter(ContinuumError):  # noqa: N818 - the name says what happened
    """A filter or the cursor of a page has no accepted form."""


class AuthenticationError(ContinuumError):
    """The API key is missing, malformed, unknown or revoked; which of them is not told."""


class PermissionDenied(ContinuumError):  # noqa: N818 - the name says what happened
    """The API key is good but lacks the scope; ``values["scope"]`` names it."""


class RateLimited(ContinuumError):  # noqa: N818 - the name says what happened
    """The API key has made too many requests; ``values["seconds"]`` says when there is room for one more."""


class TelemetryTestError(ContinuumError):
    """Raised on request, to see an error arrive where errors should arrive."""
