"""Options of the `cp` analyzer."""

from dataclasses import dataclass

from precisionlab.analysis.folding import parse_shape
from precisionlab.analysis.options import option
from precisionlab.errors import UsageError
from precisionlab.escaping import printable

NULLS = ("gaussian", "shuffled", "rotated")
RANKS = ("1", "2", "4", "8", "16", "32")
LARGEST_RANK = 1024


@dataclass(frozen=True, slots=True)
class Options:
    """Ranks, how hard they are tried, how weights are folded, and the random tensors beside.

    Raises:
        UsageError: a rank is no whole number from 1 to 1,024, or the shape is none.
    """

    ranks: tuple[str, ...] = option(RANKS, "Ranks of the decompositions, each started from the one below.")
    error: float = option(0.1, "Relative error for which the smallest rank is looked for.", minimum=1e-6, maximum=1)
    starts: int = option(
        2, "Starts at each rank: the one from the rank below, and random ones.", minimum=1, maximum=100
    )
    sweeps: int = option(100, "Most sweeps of a start.", minimum=1, maximum=100000)
    tolerance: float = option(
        1e-5, "A start has converged where three sweeps in a row gain less than this of the relative error.", minimum=0
    )
    heads: int = option(0, "Attention heads, as which projections are folded; 0 for none.", minimum=0)
    reshape: str = option("", "Shape, such as 64x64x256, as which weights of so many elements are folded.")
    nulls: tuple[str, ...] = option(
        NULLS[:2], "Random tensors that errors stand beside; empty for none.", choices=NULLS
    )
    draws: int = option(10, "Random tensors of each kind.", minimum=10, maximum=1000)
    sample: int = option(
        64, "Indices of each axis, drawn at random, of the part that stands beside random ones.", minimum=2, maximum=512
    )
    core: int = option(
        256,
        "Directions of each axis, those of the largest energy, on which tensors of more than 4,194,304 elements are seen.",
        minimum=2,
        maximum=1024,
    )
    seed: int = option(0, "Seed of starts, sample and random tensors.", minimum=0)
    min_elements: int = option(64, "Look at tensors of at least this many elements.", minimum=1)
    max_elements: int = option(
        1 << 26, "Look at tensors, and at stacks of layers, of at most this many elements.", minimum=1
    )
    stacks: int = option(
        4,
        "Most kinds of layers that are stacked and decomposed, the largest first; 0 for none.",
        minimum=0,
        maximum=1000,
    )
    max_congruence: float = option(
        -0.85, "Report components of which two have a cosine of at most this.", minimum=-1, maximum=0
    )
    max_weight: float = option(
        2.0, "Report components whose weights sum up to more than this times the root of their number.", minimum=1
    )

    def __post_init__(self) -> None:
        for text in self.ranks:
            if not (text.isascii() and text.isdigit() and 1 <= int(text) <= LARGEST_RANK):
                raise UsageError(
                    "cp.ranks", f"takes whole numbers from 1 to {LARGEST_RANK:,}, not {printable(text, 40)}"
                )
        if not self.ranks:
            raise UsageError("cp.ranks", "takes one rank or more")
        parse_shape("cp.reshape", self.reshape)

    @property
    def ladder(self) -> tuple[int, ...]:
        """The ranks as numbers, ascending."""
        return tuple(sorted({int(text) for text in self.ranks}))

    @property
    def shape(self) -> tuple[int, ...]:
        """The user's shape; empty without one."""
        return parse_shape("cp.reshape", self.reshape)
