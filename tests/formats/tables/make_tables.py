"""Write the tables of formats that ml_dtypes lacks, from the libraries gfloat and softposit, neither of them ours.

pip install gfloat==0.5.2 softposit==0.3.4.4 && python tests/formats/tables/make_tables.py

gfloat agrees with the value tables that the P3109 working group publishes; softposit is the
reference implementation by the inventors of posits, whose `posit_2` has es = 2 for all widths.
"""

import hashlib
import random
import struct
from pathlib import Path

import softposit  # type: ignore[import-not-found]
from gfloat import decode_float  # type: ignore[import-not-found]
from gfloat.formats import format_info_p3109  # type: ignore[import-not-found]

FOLDER = Path(__file__).parent
SEED = 20


def p3109() -> str:
    """Every pattern of binary8 for each precision: one line a precision."""
    lines = (
        " ".join([str(p), *(float(decode_float(format_info_p3109(8, p), i).fval).hex() for i in range(256))])
        for p in range(1, 8)
    )
    return "\n".join(lines) + "\n"


def posit_value(pattern: int, bits: int) -> float:
    """What softposit decodes; it keeps posits of all widths at the top of 32 bits."""
    posit = softposit.posit_2_t()
    posit.v = pattern << (32 - bits)
    return float(softposit.convertPX2ToDouble(posit))


def posit_pattern(value: float, bits: int) -> int:
    """What softposit encodes."""
    return int(softposit.convertDoubleToPX2(value, bits).v) >> (32 - bits)


def decoded() -> str:
    """All of posit8, a digest of all of posit16 as little-endian float64, samples of posit32."""
    draw = random.Random(SEED)  # noqa: S311 - drawn samples, no secrets
    table = b"".join(struct.pack("<d", posit_value(pattern, 16)) for pattern in range(1 << 16) if pattern != 1 << 15)
    samples = [draw.randrange(1, 1 << 31) for _ in range(1000)] + [1, 2, 3, (1 << 31) - 1, (1 << 31) - 2]
    lines = [
        " ".join(["posit8", *(posit_value(pattern, 8).hex() for pattern in range(256) if pattern != 1 << 7)]),
        f"posit16 {hashlib.sha256(table).hexdigest()}",
        *(f"posit32 {pattern:#x} {posit_value(pattern, 32).hex()}" for pattern in samples),
    ]
    return "\n".join(lines) + "\n"


def encoded() -> str:
    """Numbers between neighbours: the bit-wise midpoint, and a little to either side, for two widths."""
    draw = random.Random(SEED)  # noqa: S311 - drawn samples, no secrets
    drawn = {8: range(1, (1 << 7) - 1), 16: [draw.randrange(1, 1 << 15) for _ in range(300)]}
    lines = [
        f"posit{bits} {value.hex()} {posit_pattern(value, bits):#x}"
        for bits, patterns in drawn.items()
        for middle in (posit_value(2 * pattern + 1, bits + 1) for pattern in patterns)
        for value in (middle, middle * (1 - 2**-40), middle * (1 + 2**-40), -middle)
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (FOLDER / "p3109-binary8.txt").write_text(p3109(), encoding="ascii")
    (FOLDER / "posits-decoded.txt").write_text(decoded(), encoding="ascii")
    (FOLDER / "posits-encoded.txt").write_text(encoded(), encoding="ascii")
