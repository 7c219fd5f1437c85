"""Throws made-up inputs at the scrubber; run it by itself for many of them (``make fuzz``).

A seeded generator instead of a coverage-guided one: the same inputs on every machine, and nothing to install.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from typing import Any

import corpus_secrets

from telemetry.privacy import policy
from telemetry.privacy.redacting import Redactor
from telemetry.privacy.scrub import Scrubber
from telemetry.privacy.vocabulary import Vocabulary

STRICT = Vocabulary("strict")
BALANCED = Vocabulary("balanced", safe_keys=["said"])
REDACT = Redactor()
SECRETS = [label for label in corpus_secrets.corpus() if not label.secret.endswith("@")]
KEYS = [
    *policy.SAFE_KEYS,
    *policy.TREATED_KEYS,
    *policy.DROPPED_KEYS,
    "said",
    "password",
    "a.count",
    "Odd Key!",
    "",
]
PIECES = [
    *(" \n\t\0:/@.-=+'\"[]{}()%\\;,&?#_$|<>~"),
    *(
        "a",
        "Z",
        "0",
        "9",
        "eyJ",
        "sk-",
        "cm_",
        "://",
        "-----BEGIN ",
        "PRIVATE KEY-----",
        "token=",
        "[redacted:",
    ),
    *("[data]", "[redacted:email]", "127.0.0.1", "::1", "SELECT ", "Traceback (most recent call last):\n"),
    *(
        "\u00e9",
        "\u202e",
        "\ud800",
        "\U0001f600",
        "\u0130",
        "\u212a",
        "\u0665",
        "ValueError: ",
        "%s",
        "{}",
        "4111 ",
    ),
]
LONGEST = 8 * policy.MAX_TEXT


def text(rng: random.Random) -> str:
    """Pieces that rules care about, in any order, seldom very many."""
    size = rng.choice((0, 1, 3, 8, 20, 60)) if rng.random() < 0.995 else 3000
    return "".join(rng.choices(PIECES, k=size))


def value(rng: random.Random, depth: int = 0) -> Any:
    """Any value that an attribute may have, and some that it may not."""
    kind = rng.randrange(12 if depth < 3 else 9)
    if kind < 6:
        return text(rng)
    if kind == 6:
        return rng.choice((None, True, 0, -1, 2**80, 491511234567, 1.5, float("inf"), float("nan")))
    if kind == 7:
        return rng.choice((b"bytes", object(), {1, 2}, 3j, Exception(text(rng))))
    if kind == 8:
        return rng.choice(sorted(policy.MARKERS))
    if kind == 9:
        return tuple(value(rng, depth + 1) for _ in range(rng.randrange(4)))
    if kind == 10:
        return [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(KEYS): value(rng, depth + 1) for _ in range(rng.randrange(4))}


def check(rng: random.Random) -> None:
    """One input: never an exception, a bounded answer, the same answer twice, no planted secret in it."""
    label = rng.choice(SECRETS)
    # A space on both sides: what is glued to a secret may make it another word.
    planted = f"{text(rng)[:200]} {label.line} {text(rng)[:200]}"
    clean, _ = REDACT(planted)
    assert REDACT(clean)[0] == clean, (planted, clean)
    scrubber = Scrubber(BALANCED)
    said = scrubber.prose(planted)
    assert label.secret not in said, (label.rule, planted, said)
    vocabulary = STRICT if rng.random() < 0.7 else BALANCED
    attributes = {rng.choice(KEYS): value(rng) for _ in range(rng.randrange(5))}
    attributes[rng.choice(KEYS)] = planted
    once = Scrubber(vocabulary).attributes(attributes)
    shown = json.dumps(once, default=repr)
    assert len(shown) <= LONGEST * 4, len(shown)
    assert json.dumps(Scrubber(vocabulary).attributes(once), default=repr) == shown, (attributes, once)
    if vocabulary is STRICT:
        assert label.secret not in shown, (label.rule, attributes, once)


def run(inputs: int, seed: int) -> float:
    """Check so many inputs; the seconds it took."""
    rng = random.Random(seed)
    started = time.perf_counter()
    for _ in range(inputs):
        check(rng)
    return time.perf_counter() - started


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    took = run(options.inputs, options.seed)
    print(f"{options.inputs} inputs from seed {options.seed}: nothing found in {took:.0f} s")
    sys.exit(0)
