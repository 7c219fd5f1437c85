"""How much a word counts by where it stands, and a meaning by whose it is: both databases rank by these.

Those of words stand in PostgreSQL's function `match_memories` too: changing one takes a migration.
"""

from __future__ import annotations

from typing import Final

TEXT: Final = 1.0
# The memory before and the one after.
NEAR: Final = 0.4
# The one before those, and the one after.
FAR: Final = 0.3
DAY: Final = 1.0
# Two words of the question that stand side by side in the text as well, beside what each of them counts.
PAIR: Final = 0.2
# What all four around a memory mean.
NEIGHBOURS: Final = 0.4
