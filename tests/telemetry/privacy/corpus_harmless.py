"""Harmless lines of the kinds that look most like secrets: ids, hashes, versions, times, paths, statements."""

from __future__ import annotations

import hashlib
import random
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

_WRITTEN = (Path(__file__).parent / "corpus_benign.txt").read_text(encoding="utf-8").splitlines()
_WORDS = [
    "account",
    "index",
    "session",
    "cache",
    "memory",
    "token",
    "worker",
    "lease",
    "queue",
    "route",
    "basic",
    "bearer",
    "card",
    "phone",
]

STATEMENTS = (
    "SELECT id, name FROM {0}s WHERE id = ? AND created_at > ?",
    "INSERT INTO {0}s (id, {0}_key, token_count) VALUES (?, ?, ?)",
    "UPDATE {0}s SET password_hash = ? WHERE id = ?",
    "CREATE INDEX ix_{0}_tenant ON {0}s (tenant_id, created_at DESC)",
    "GET /v1/{0}s/{{{0}_id}}",
    "POST /api/v2/{0}s/{{{0}_id}}/tokens:rotate",
    '  File "/srv/app/{0}/service.py", line 412, in load_{0}',
    "app.{0}.service:load_{0}:77",
    "Basic authentication is required for {0}s",
    "the bearer token of {0} has expired",
    "token: expected an identifier, got {0}",
    "password=None, {0}=True, max_tokens=4096",
    "{0} took 1,204.55 ms (limit 1,000.00 ms)",
    "std::{0}::be::ad::vector<dead::beef>",
    "{0}@2x.png and @{0} and {0}@",
    "https://{0}.example.test:8443/path?page=2&size=50",
)


def corpus(seed: int = 11) -> list[str]:
    """At least 500 lines, the same for the same seed; none holds an address, which a rule would rightly take."""
    rng = random.Random(seed)
    lines = [line for line in _WRITTEN if line and not _has_address(line)]
    lines += [pattern.format(word) for pattern in STATEMENTS for word in rng.sample(_WORDS, 5)]
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(25):
        some = rng.randbytes(16)
        moment = start + timedelta(seconds=rng.randrange(10**8), microseconds=rng.randrange(10**6))
        lines += [
            f"request {uuid.UUID(bytes=some, version=4)} done",
            f"sha256={hashlib.sha256(some).hexdigest()}",
            f"commit {hashlib.sha1(some, usedforsecurity=False).hexdigest()} on main",
            f"trace {some.hex()} span {some.hex()[:16]} sampled",
            f"{moment.isoformat()} INFO started in {rng.random():.3f} s",
            f"{moment:%Y-%m-%d %H:%M:%S},{number:03} WARNING {moment:%d/%b/%Y:%H:%M:%S +0000}",
            f"epoch {int(moment.timestamp())} or {int(moment.timestamp() * 1000)} ms",
            f"version {rng.randrange(30)}.{rng.randrange(99)}.{rng.randrange(999)}rc{number} of package-{number}",
            f"offset {rng.randrange(10**9)} of {rng.randrange(10**11)} bytes",
            f"0x{rng.getrandbits(48):012x} <object at 0x7f{rng.getrandbits(40):010x}>",
        ]
    return lines


def _has_address(line: str) -> bool:
    """Whether the line shows a machine's address or an e-mail address."""
    networks = ("10.42.", "10.0.", "192.168.", "172.1", "203.0.", "198.51.")
    return "@" in line or any(part in line for part in networks)
