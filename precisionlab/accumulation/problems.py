"""What a tolerance is asked for, and what it is: records."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from precisionlab.accumulation.bounds import no_componentwise_bound
from precisionlab.accumulation.drawn_inputs import Inputs
from precisionlab.accumulation.records import Accumulator, BlockFma, Chain, Promoted, Strassen
from precisionlab.errors import UsageError
from precisionlab.formats.records import FloatFormat
from precisionlab.formats.rounding.working import SOURCES, is_within

MOST_TERMS: Final = 1 << 32
"""Of a sum: up to here the float64 reference is off by less than a millionth of any tolerance (see `pasting.SLACK`)."""
MOST_OUTPUTS: Final = 1 << 40
LEAST_FAILURE: Final = 1e-100
"""Rarer events cannot be told from impossible ones in float64, when they are shared out."""
EVENTS: Final = 5
"""The failure probability of an output is shared out to at most so many events: of rounding, and of drawn inputs."""


class Op(Enum):
    """What a kernel computes."""

    GEMM = "gemm"
    """a @ b; k is the inner dimension."""
    DOT = "dot"
    """sum w * x of k terms."""
    SUM = "sum"
    """sum x of k terms."""
    LAYERNORM = "layernorm"
    """(x - mean) / sqrt(variance + eps) * weight + bias over k elements, variance by a second pass over x - mean."""
    RMSNORM = "rmsnorm"
    """x / sqrt(mean of squares + eps) * weight over k elements."""
    SOFTMAX = "softmax"
    """exp(x - max) / sum exp(x - max) over k elements."""


PRODUCTS: Final = {Op.GEMM, Op.DOT, Op.SUM}
"""What is a sum of products; a sum is one with ones."""


class Reference(Enum):
    """What the float64 reference is computed from."""

    SAME = "same"
    """The inputs as the kernel gets them."""
    WIDE = "wide"
    """The inputs before they are rounded to the kernel's format."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A kernel, its arithmetic, and the test that it is to pass.

    Raises:
        UsageError: there is no such sum, probability or arithmetic.
    """

    op: Op
    k: int
    inputs: FloatFormat
    accumulator: Accumulator
    output: FloatFormat
    """Results are rounded to it, to nearest; not at all where it has the accumulator's bits."""
    failure: float = 1e-6
    """The probability that any of the outputs exceeds a probable tolerance."""
    outputs: int = 1 << 20
    drawn: Inputs = Inputs.NORMAL
    reference: Reference = Reference.SAME

    def __post_init__(self) -> None:
        if not 1 <= self.k <= MOST_TERMS:
            raise UsageError("k", f"a sum has from 1 to 2^32 terms, not {self.k}")
        if not LEAST_FAILURE <= self.failure < 1:
            raise UsageError(
                "failure",
                f"a probability from 1e-100 to less than 1 is needed, not {self.failure:g}",
                "give for example 1e-6",
            )
        if not 1 <= self.outputs <= MOST_OUTPUTS:
            raise UsageError("outputs", f"a test compares from 1 to 2^40 numbers, not {self.outputs}")
        for format_ in (self.inputs, self.output):
            if not (format_.signed and is_within(format_, SOURCES["float64"])):
                raise UsageError(
                    format_.name, "is no signed float that the float64 reference holds", "give one such as bf16 or fp16"
                )
        if isinstance(self.accumulator, Strassen):
            raise no_componentwise_bound(self.accumulator)
        if self.op not in PRODUCTS:
            self.refuse_what_cannot_compute_rows()
        elif (unit := unit_within(self.accumulator)) and not is_taken(self.inputs, unit):
            remedy = f"give inputs of {unit.operands.name}, or another accumulator"
            raise UsageError(unit.name, f"multiplies {unit.operands.name}, not {self.inputs.name}", remedy)

    def refuse_what_cannot_compute_rows(self) -> None:
        """Norms and softmax need more than products.

        Raises:
            UsageError: the accumulator has nothing else, or its format is too narrow for the inputs.
        """
        if unit := unit_within(self.accumulator):
            remedy = f"give the format that {self.op.value} is computed in, such as fp32"
            raise UsageError(unit.name, f"adds up products, and {self.op.value} is more than that", remedy)
        chain = chain_within(self.accumulator)
        for format_ in (self.accumulator.format, *([chain.format] if chain else [])):
            if self.inputs.precision > format_.precision:
                problem = f"has fewer bits than the inputs in {self.inputs.name}"
                raise UsageError(
                    self.accumulator.name, problem, "give a format of as many bits or more, or narrower inputs"
                )
            if self.inputs.lowest_bit < format_.lowest_bit:
                problem = f"ends at {format_.min_positive:.2g}, above the smallest inputs in {self.inputs.name}"
                raise UsageError(self.accumulator.name, problem, "give a format of as wide a range, such as fp32")

    @property
    def share(self) -> float:
        """The probability that one event of one output may have: failure / (5 outputs), the union bound."""
        return self.failure / (EVENTS * self.outputs)


@dataclass(frozen=True, slots=True)
class Limits:
    """Two ways to say how far results may be off; both hold, the second for the drawn inputs only.

    |got - want| <= factor * scale + of_result * |want| + of_bias * |bias| + floor, with the scale of the operation, and
    |got - want| <= relative * |want| + absolute.
    """

    relative: float
    absolute: float
    factor: float
    of_result: float
    floor: float
    """Of underflow: half the distance of the smallest numbers, for each place where they may be rounded."""
    of_bias: float = 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """One cause of error; what it is relative to is `scale`, `result` or nothing."""

    name: str
    worst: float
    probable: float
    of: str


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a kernel's results may be from the reference's."""

    problem: Problem
    scale: str
    """What the factor multiplies, in words."""
    worst: Limits
    """For every way of rounding; absolute holds for the drawn inputs, but for the failure probability."""
    probable: Limits
    """But for the failure probability, over all outputs; the worst case where there is none (see `independence`)."""
    parts: tuple[Part, ...]
    """They compound: (1 + a) (1 + b) - 1."""
    componentwise: str | None
    """Python: asserts the first of `Limits`: the worst case, or the probable one where that is proved for any inputs."""
    assert_close: str | None
    """Python: asserts the second of `Limits`, the probable one; None where zeros would pass."""
    warnings: tuple[str, ...]


def unit_within(accumulator: Accumulator) -> BlockFma | None:
    """The tensor core that multiplies, if one does."""
    inner = accumulator.inner if isinstance(accumulator, Promoted) else accumulator
    return inner if isinstance(inner, BlockFma) else None


def chain_within(accumulator: Accumulator) -> Chain | None:
    """The chain that multiplies, if one does."""
    inner = accumulator.inner if isinstance(accumulator, Promoted) else accumulator
    return inner if isinstance(inner, Chain) else None


def is_taken(inputs: FloatFormat, unit: BlockFma) -> bool:
    """Whether a tensor core takes numbers of that format: as they are, or float32 cut to TensorFloat-32."""
    operands = unit.operands
    is_cut = operands.name == "tfloat32" and inputs.name == "float32"
    return is_cut or (
        inputs.precision <= operands.precision
        and inputs.max_exponent <= operands.max_exponent
        and inputs.lowest_bit >= operands.lowest_bit
    )
