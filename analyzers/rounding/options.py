"""Options of the `rounding` analyzer."""

from dataclasses import dataclass

from precisionlab.accumulation.catalogue import parse_accumulator
from precisionlab.accumulation.records import Accumulator, Strassen
from precisionlab.analysis.options import option
from precisionlab.errors import UsageError


@dataclass(frozen=True, slots=True)
class Options:
    """What adds products up, on which inputs, and the thresholds of the rules.

    Raises:
        UsageError: an accumulator does not exist, or its errors are not measured here.
        FormatError: nor does the format of one.
    """

    accumulators: tuple[str, ...] = option(
        (), "What adds up the products, e.g. fp32, bf16_kahan, h100_bf16; none for a set that suits the stored type."
    )
    accumulator: str = option(
        "", "The one that is deployed, which PL201 judges; none for tensor cores that take the stored type, and fp32."
    )
    rows: int = option(32, "Rows of a tensor, drawn at random, whose products are computed.", minimum=2, maximum=65536)
    inputs: int = option(8, "Inputs of each kind that the rows are multiplied with.", minimum=2, maximum=4096)
    seed: int = option(0, "Seed of the rows and inputs that are drawn.", minimum=0)
    max_terms: int = option(65536, "Cut longer rows to so many elements.", minimum=1, maximum=1 << 22)
    min_axes: int = option(2, "Look at tensors of at least this many axes; biases and norms have one.", minimum=1)
    min_elements: int = option(256, "Look at tensors of at least this many elements.", minimum=1)
    min_bits: float = option(
        8.0, "An accumulator is safe where outputs keep at least so many bits; 8 are those of bfloat16.", minimum=0
    )
    failure: float = option(
        1e-3, "Probability with which an output may exceed the probabilistic bound.", minimum=1e-300, maximum=0.5
    )
    sequence: tuple[str, ...] = option(
        (), "Globs of the layers in the order in which data passes them; none for all, in the order of their names."
    )
    max_condition_size: int = option(
        512, "Compute the condition number of square matrices of at most this many rows.", minimum=0, maximum=8192
    )
    solves: tuple[str, ...] = option(
        (), "Globs of matrices that are used in solves: their condition number is computed up to 8,192 rows."
    )

    def __post_init__(self) -> None:
        for name in (*self.accumulators, *(() if not self.accumulator else (self.accumulator,))):
            parse_measured(name)


def parse_measured(name: str) -> Accumulator:
    """The accumulator of a name.

    Raises:
        UsageError: there is none, or its errors are not measured here.
        FormatError: nor is there its format.
    """
    made = parse_accumulator(name)
    if isinstance(made, Strassen):
        raise UsageError("rounding.accumulators", f"{made.name} computes matrices, not outputs", "see docs/rounding.md")
    if made.format.name == "float64":
        raise UsageError("rounding.accumulators", "errors are measured against float64", "give a narrower one")
    return made
