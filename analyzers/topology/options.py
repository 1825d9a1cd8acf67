"""Options of the `topology` analyzer."""

from dataclasses import dataclass

from precisionlab.analysis.options import option
from precisionlab.errors import UsageError

POINTS = ("rows", "columns", "kernels", "heads")
DISTANCES = ("euclidean", "cosine", "correlation")
NULLS = ("gaussian", "shuffled", "rotated")
WAYS = ("auto", "subsets", "landmarks")
PRIMES = (2, 3, 5, 7, 11, 13)


@dataclass(frozen=True, slots=True)
class Options:
    """What the points are, how far apart they are, how many are looked at, and the thresholds of the rules.

    Raises:
        UsageError: the field of coefficients has no such number of elements.
    """

    points: str = option(
        "rows",
        "What the points are: rows (of a convolution its output filters), columns (inputs), kernels (the taps from one "
        "input to one output) or heads.",
        choices=POINTS,
    )
    distance: str = option("euclidean", "How far apart two points are.", choices=DISTANCES)
    heads: int = option(0, "Attention heads of projections, where points are heads.", minimum=0)
    dimension: int = option(1, "Highest dimension of homology: 1 for loops, 2 for voids too.", minimum=0, maximum=2)
    prime: int = option(2, "Elements of the field of coefficients, a prime up to 13.", minimum=2, maximum=13)
    way: str = option(
        "auto",
        "Where there are more points than `size`: random subsets, or farthest-point landmarks; auto takes landmarks where "
        "points have at most 16 coordinates.",
        choices=WAYS,
    )
    size: int = option(160, "Points whose homology beyond dimension 0 is computed at a time.", minimum=8, maximum=10000)
    repeats: int = option(5, "Random subsets.", minimum=2, maximum=100)
    nulls: tuple[str, ...] = option(NULLS, "Random matrices that figures stand beside; empty for none.", choices=NULLS)
    draws: int = option(10, "Random matrices of each kind, and copies with permuted axes.", minimum=10, maximum=1000)
    null_size: int = option(100, "Points, drawn at random, that stand beside random ones.", minimum=8, maximum=1000)
    seed: int = option(0, "Seed of all that is drawn.", minimum=0)
    deadline: float = option(
        30.0, "Seconds that homology beyond dimension 0 of one tensor may take.", minimum=0.1, maximum=86400
    )
    operations: float = option(
        2e12,
        "Operations for the distances among all points; beyond them a random part is looked at.",
        minimum=1e6,
        maximum=1e24,
    )
    images: int = option(
        1024, "Kernels, or features of positions, whose cubical homology is computed.", minimum=2, maximum=1 << 20
    )
    near: float = option(
        0.1,
        "A point is a near-duplicate whose nearest other point is closer than this share of the median such distance.",
        minimum=0,
        maximum=1,
    )
    min_elements: int = option(64, "Look at tensors of at least this many elements.", minimum=1)

    def __post_init__(self) -> None:
        if self.prime not in PRIMES:
            raise UsageError(
                "topology.prime", f"{self.prime} is no prime", f"take one of {', '.join(map(str, PRIMES))}"
            )
