"""How much a word counts by where it stands; both databases rank by these."""

from __future__ import annotations

from typing import Final

TEXT: Final = 1.0
NEIGHBOURS: Final = 0.4
DAY: Final = 1.0
