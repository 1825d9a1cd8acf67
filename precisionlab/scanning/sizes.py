"""Numbers of bytes as people write them: `2GiB`, `500 MB`, `65536`."""

import re
from fractions import Fraction

UNITS = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "k": 1 << 10,
    "m": 1 << 20,
    "g": 1 << 30,
    "kib": 1 << 10,
    "mib": 1 << 20,
    "gib": 1 << 30,
    "tib": 1 << 40,
}
SIZE = re.compile(r"([0-9]{1,20}(?:\.[0-9]{1,20})?)\s*([a-z]*)", re.IGNORECASE)
ACCEPTED_SIZE = "a size such as 512MiB or 2GB"


def bytes_of(text: str) -> int | None:
    """The number of bytes, rounded down; None where the text is no size."""
    match = SIZE.fullmatch(text.strip())
    unit = UNITS.get(match[2].lower()) if match else None
    return None if match is None or unit is None else int(Fraction(match[1]) * unit)
