"""Tells numbers that somebody issued from numbers that only look like it: one checker a name.

Rules of patterns.py name their checker; each takes what the rule's pattern found and is total.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

# Length of an account number by country; source: the SWIFT registry of IBAN formats.
_IBAN_LENGTHS: Final = {
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("DK", "FI", "FO", "GL", "NL"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "LT", "LU", "XK"), 20),
    **dict.fromkeys(("CH", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "BH", "CR", "DE", "GB", "GE", "IE", "ME", "RS"), 22),
    **dict.fromkeys(("AE", "GI", "IL"), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"), 24),
    **dict.fromkeys(("PT", "ST"), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("FR", "GR", "IT", "MC", "MR", "SM"), 27),
    **dict.fromkeys(("AL", "AZ", "BY", "CY", "DO", "GT", "HU", "LB", "PL"), 28),
    **dict.fromkeys(("BR", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW"), 30),
    **dict.fromkeys(("MT",), 31),
    **dict.fromkeys(("LC",), 32),
}
_SPANISH_LETTERS: Final = "TRWAGMYFPDXBNJZSQVHLCKE"


def _digits(text: str) -> str:
    return "".join(character for character in text if "0" <= character <= "9")


def luhn(text: str) -> bool:
    """A card's number: every second digit from the right doubled, the sum divisible by ten."""
    total = 0
    for place, digit in enumerate(reversed(_digits(text))):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def iban(text: str) -> bool:
    """An account number of its country's length whose remainder by 97 is one; words may follow it."""
    compact = text.replace(" ", "").upper()
    length = _IBAN_LENGTHS.get(compact[:2])
    if length is None or len(compact) < length:
        return False
    turned = compact[4:length] + compact[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


def address(text: str) -> bool:
    """An IP address of a machine: neither loopback nor "any", and not a C++ name such as ``be::ad``."""
    bare = text.partition("%")[0]
    if not any(character.isdigit() for character in bare):
        return False
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        return False
    if found.version == 6:
        groups = [group for group in bare.split(":") if group]
        if len(groups) < 4 and len(groups[0]) < 4:
            return False  # every[1::2] is a slice
    return not (found.is_loopback or found.is_unspecified)


def spanish(text: str) -> bool:
    """A DNI or NIE: the letter is the number's remainder by 23."""
    compact = text.replace("-", "").upper()
    first = {"X": "0", "Y": "1", "Z": "2"}.get(compact[0], compact[0])
    return _SPANISH_LETTERS[int(first + compact[1:8]) % 23] == compact[8]


def french(text: str) -> bool:
    """A social security number: its last two digits complete the others to a multiple of 97."""
    digits = _digits(text)
    return len(digits) == 15 and (int(digits[:13]) + int(digits[13:])) % 97 == 0


def brazilian(text: str) -> bool:
    """A CPF: two check digits, each from a weighted sum of those before it; not one digit throughout."""
    digits = [int(digit) for digit in _digits(text)]
    if len(digits) != 11 or len(set(digits)) == 1:
        return False
    return all(
        sum(digit * (size + 1 - place) for place, digit in enumerate(digits[:size])) * 10 % 11 % 10
        == digits[size]
        for size in (9, 10)
    )


CHECKS: Final[dict[str, Callable[[str], bool]]] = {
    "luhn": luhn,
    "iban": iban,
    "address": address,
    "spanish": spanish,
    "french": french,
    "brazilian": brazilian,
}
