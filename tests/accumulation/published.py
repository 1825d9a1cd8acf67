"""Published answers of tensor cores, and their units as the library's records."""

from typing import NamedTuple

from precisionlab.accumulation import BlockFma
from precisionlab.formats import formats
from precisionlab.formats.modes import Rounding
from precisionlab.formats.records import FloatFormat
from tests.accumulation.reference import BFLOAT16, E4M3, E5M2, E8M13, FLOAT16, FLOAT32, TFLOAT32, BlockUnit, Format
from tests.accumulation.vectors import UNITS, VECTORS, simulated

NAMES = ((FLOAT16, "fp16"), (BFLOAT16, "bf16"), (TFLOAT32, "tf32"), (FLOAT32, "fp32"), (E8M13, "e8m13"))
NAMES_OF_FP8 = ((E4M3, "fp8_e4m3"), (E5M2, "fp8_e5m2"))


def format_of(own: Format) -> FloatFormat:
    """The library's record of a format."""
    name = next(name for known, name in (*NAMES, *NAMES_OF_FP8) if known == own)
    found = formats.element(name)
    assert isinstance(found, FloatFormat)
    return found


def record_of(name: str, unit: BlockUnit) -> BlockFma:
    """The library's record of a unit whose factors are of one format."""
    operands, other = unit.operands
    assert operands == other
    rounding = {"toward-zero": Rounding.TOWARD_ZERO, "nearest-even": Rounding.NEAREST_EVEN}[unit.mode]
    kinds = format_of(operands), format_of(unit.result)
    return BlockFma(name, kinds[0], unit.terms, unit.alignment_bits, unit.lowest_exponent, kinds[1], rounding)


RECORDS = {name: record_of(name, unit) for name, unit in UNITS.items() if unit.operands[0] == unit.operands[1]}


class Published(NamedTuple):
    """One answer."""

    what: str
    unit: str
    w: list[float]
    x: list[float]
    start: float
    answer: float

    def __str__(self) -> str:
        return f"{self.unit}: {self.what}"


PUBLISHED = [Published(*vector) for vector in (*VECTORS, *simulated()) if vector[1] in RECORDS]
