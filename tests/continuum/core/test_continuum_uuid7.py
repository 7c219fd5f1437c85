import time
import uuid

from continuum.core.uuid7 import uuid7


def test_version_and_variant_are_those_of_rfc_9562():
    made = uuid7()
    assert made.version == 7
    assert made.variant == uuid.RFC_4122


def test_the_first_48_bits_are_the_time_in_milliseconds():
    before = time.time_ns() // 1_000_000
    made = uuid7()
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_ten_thousand_are_distinct_and_grow():
    made = [str(uuid7()) for _ in range(10_000)]
    assert made == sorted(set(made))
    assert len({identifier[20:] for identifier in made}) == 10_000
