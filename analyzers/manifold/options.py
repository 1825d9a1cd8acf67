"""Options of the `manifold` analyzer."""

from dataclasses import dataclass

from precisionlab.analysis.options import option

DISTANCES = ("euclidean", "cosine", "correlation")
NULLS = ("rotated", "gaussian", "shuffled")


@dataclass(frozen=True, slots=True)
class Options:
    """The distance, how many rows are looked at, and the random matrices that figures stand beside."""

    distance: str = option("euclidean", "Distance between rows.", choices=DISTANCES)
    neighbours: int = option(
        12, "Neighbours of a row in Isomap's graph and in local principal components.", minimum=2, maximum=100
    )
    rank: int = option(
        32,
        "Largest neighbour rank n of the curve over scale, which compares the n-th and 2n-th.",
        minimum=1,
        maximum=256,
    )
    queries: int = option(
        1000, "Rows, drawn at random, whose nearest neighbours among all rows are found.", minimum=10, maximum=20000
    )
    sample: int = option(
        1000,
        "Rows, drawn at random, that stand beside random matrices of their size; fewer of more than 2,000 columns.",
        minimum=16,
        maximum=5000,
    )
    nulls: tuple[str, ...] = option(
        NULLS,
        "Random matrices that figures stand beside; rotated ones keep the spectrum; empty for none.",
        choices=NULLS,
    )
    draws: int = option(10, "Random matrices of each kind.", minimum=10, maximum=1000)
    embedded: int = option(4000, "Rows, drawn at random, that Isomap lays out; 0 for none.", minimum=0, maximum=50000)
    exact: int = option(
        2000, "Isomap of at most so many rows is exact; of more, by landmarks.", minimum=0, maximum=8000
    )
    landmarks: int = option(250, "Landmarks of Isomap of many rows.", minimum=12, maximum=2000)
    dimensions: int = option(2, "Coordinates of Isomap.", minimum=2, maximum=3)
    heads: int = option(
        0, "Attention heads, by which rows of projections are coloured; 0 for quarters of row norms.", minimum=0
    )
    seed: int = option(0, "Draws rows and random matrices.", minimum=0)
    min_elements: int = option(64, "Look at tensors of at least this many elements.", minimum=1)
