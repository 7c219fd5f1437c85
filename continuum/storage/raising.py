"""The database's own errors as ours, by what was being done; the library's is the cause."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from continuum.core.errors import ContinuumError


@contextmanager
def raising(error_type: type[ContinuumError], message: str) -> Iterator[None]:
    """Around work with a database.

    Args:
        error_type: what to raise instead of an error of SQLAlchemy's.
        message: constant words for it; the values would be content.

    """
    try:
        yield
    except SQLAlchemyError as error:
        raise error_type(message) from error
