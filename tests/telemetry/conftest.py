"""A station for each test that asks for one."""

from __future__ import annotations

import pytest
from delivering import Station


@pytest.fixture
def station():
    with Station() as one:
        yield one
