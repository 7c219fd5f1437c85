"""Nearness worked out for all memories at once is that of each by itself."""

import pytest

numpy = pytest.importorskip("numpy", reason="without the extra there are no vectors")

from continuum.semantic.vectors import STORED, TenantVectors  # noqa: E402 - numpy may be missing

chance = numpy.random.default_rng(5)


def unit(count):
    some = chance.normal(size=(count, 384)).astype(numpy.float32)
    return some / numpy.linalg.norm(some, axis=1, keepdims=True)


def test_each_memory_counts_with_those_said_around_it_in_its_session():
    vectors, question = unit(700), unit(1)[0]
    sessions = [None if place % 7 == 0 else f"s{place % 3}" for place in range(700)]
    kept = TenantVectors()
    rows = [(place + 1, sessions[place], vectors[place].astype(STORED).tobytes()) for place in range(700)]
    kept.add(rows[:300])
    kept.compare(question)
    kept.add(rows[300:])
    near = kept.compare(question)
    own = vectors @ question
    for place in range(0, 700, 13):
        said = [n for n in range(700) if sessions[n] == sessions[place]]
        at = said.index(place)
        around = [n for n in said[max(at - 2, 0) : at + 3] if n != place] if sessions[place] else []
        expected = own[place] + 0.4 * (float(own[around].mean()) if around else 0.0)
        assert near.of(place + 1) == pytest.approx(expected, abs=2e-3)
    assert near.of(701) is None
    assert (kept.first, kept.last, kept.sum) == (1, 700, (700, 700 * 701 // 2))


def test_the_nearest_come_first_among_those_that_are_asked_for():
    vectors = unit(40)
    kept = TenantVectors()
    kept.add([(place, None, vectors[place].astype(STORED).tobytes()) for place in range(40)])
    near = kept.compare(vectors[8])
    assert near.nearest(1) == [8]
    best = sorted(range(40), key=lambda place: -near.of(place))
    assert near.nearest(5) == best[:5]
    assert near.nearest(100) == best
    assert near.nearest(3, {1, 2, 3, 99}) == [place for place in best if place in {1, 2, 3}]
    assert near.nearest(3, set()) == []
