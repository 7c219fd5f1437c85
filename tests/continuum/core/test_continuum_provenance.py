from datetime import UTC, datetime, timedelta, timezone

import pytest

from continuum.core.errors import InvalidProvenance
from continuum.core.provenance import checked_time

EAST, WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-14))


def test_a_time_is_aware_and_has_a_year_in_utc_too():
    for moment in (
        None,
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        datetime.now(EAST),
    ):
        assert checked_time(moment) is moment
    for moment in (
        datetime(2026, 1, 1),  # noqa: DTZ001 - without offset: that is what is refused
        datetime.min.replace(tzinfo=EAST),
        datetime.max.replace(tzinfo=WEST),
    ):
        with pytest.raises(InvalidProvenance):
            checked_time(moment)
