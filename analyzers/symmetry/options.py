"""Options of the `symmetry` analyzer."""

from dataclasses import dataclass

from precisionlab.analysis.options import option


@dataclass(frozen=True, slots=True)
class Options:
    """What is looked at, and what the figures stand beside."""

    nulls: tuple[str, ...] = option(
        ("gaussian", "shuffled"),
        "Random matrices that the figures stand beside; none where empty.",
        choices=("gaussian", "shuffled", "rotated"),
    )
    draws: int = option(10, "Draw so many random matrices of each kind.", minimum=10, maximum=1000)
    seed: int = option(0, "Draws the random matrices, and the parts that they stand beside.", minimum=0)
    max_drawn: int = option(
        1 << 18,
        "Compare a part of at most so many elements with random matrices: a block of a matrix, or some kernels.",
        minimum=16,
        maximum=1 << 26,
    )
    max_short_side: int = option(
        4096,
        "Compute the distance from orthogonal maps for matrices whose shorter side is at most this long; 0 for none.",
        minimum=0,
        maximum=8192,
    )
    blocks: int = option(8, "How many blocks the diagonal of a block-diagonal matrix has.", minimum=2, maximum=1 << 16)
    min_elements: int = option(64, "Look at tensors of at least this many elements.", minimum=4)
