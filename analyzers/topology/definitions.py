"""What the measurements of the `topology` analyzer mean."""

from collections.abc import Iterator
from typing import Final

from precisionlab.analysis.definitions import Better, Definition, beside_draws

CARLSSON_2009: Final = "Carlsson (2009), Topology and data, Bulletin of the American Mathematical Society 46, 255-308"
CHAZAL_2014: Final = (
    "Chazal, de Silva and Oudot (2014), Persistence stability for geometric complexes, Geometriae Dedicata 173, 193-214"
)
CHINTAKUNTA_2015: Final = (
    "Chintakunta, Gentimis, Gonzalez-Diaz, Jimenez and Krim (2015), An entropy-based persistence barcode, "
    "Pattern Recognition 48, 391-401"
)
COHEN_STEINER_2007: Final = (
    "Cohen-Steiner, Edelsbrunner and Harer (2007), Stability of persistence diagrams, "
    "Discrete and Computational Geometry 37, 103-120"
)
COHEN_STEINER_2010: Final = (
    "Cohen-Steiner, Edelsbrunner, Harer and Mileyko (2010), Lipschitz functions have Lp-stable persistence, "
    "Foundations of Computational Mathematics 10, 127-139"
)
EDELSBRUNNER_2002: Final = (
    "Edelsbrunner, Letscher and Zomorodian (2002), Topological persistence and simplification, "
    "Discrete and Computational Geometry 28, 511-533"
)
GONZALEZ_1985: Final = "Gonzalez (1985), Clustering to minimize the maximum intercluster distance, Theoretical Computer Science 38, 293-306"
GOWER_ROSS_1969: Final = (
    "Gower and Ross (1969), Minimum spanning trees and single linkage cluster analysis, Applied Statistics 18, 54-64"
)
KACZYNSKI_2004: Final = "Kaczynski, Mischaikow and Mrozek (2004), Computational Homology, Springer"

CLASSES: Final = ("components", "loops", "voids")
"""What the bars of dimensions 0, 1, 2 are of."""


def of_bars(dimension: int) -> Iterator[Definition]:
    """Figures of the bars of a dimension."""
    name, what = f"h{dimension}", CLASSES[dimension]
    if dimension:
        yield Definition(f"{name}_bars", f"bars of {what}", source=CARLSSON_2009)
    yield Definition(f"{name}_total_persistence", f"sum of the lengths of the bars of {what}", source=EDELSBRUNNER_2002)
    yield Definition(
        f"{name}_entropy", f"entropy of the shares of the bars of {what} in their sum, in nats", source=CHINTAKUNTA_2015
    )
    yield Definition(f"{name}_longest_bar", f"length of the longest bar of {what}", source=CARLSSON_2009)


def over_samples(definition: Definition) -> tuple[Definition, ...]:
    """A figure of subsets of the points, and how much they differ in it."""
    name = definition.name
    meaning = f"{definition.meaning}; of several samples the mean"
    spread = f"standard deviation of `{name}` over the samples"
    return Definition(name, meaning, source=definition.source), Definition(f"{name}_spread", spread)


def sampled(definition: Definition) -> tuple[Definition, ...]:
    """The same figure of the points that stand beside random ones."""
    meaning = f"{definition.meaning}, of `topology.null_size` random points"
    return beside_draws(Definition(f"sampled_{definition.name}", meaning, source=definition.source))


LOOPS_AND_VOIDS: tuple[Definition, ...] = (*of_bars(1), *of_bars(2))
GAP: Final = Definition(
    "h0_largest_gap",
    "largest gap between neighbouring merge heights, from their median on",
    source=GOWER_ROSS_1969,
)

DEFINITIONS: tuple[Definition, ...] = (
    Definition("points", "points: rows, columns, kernels or heads, as `topology.points` says"),
    Definition("coordinates", "coordinates of a point"),
    Definition("dead", "points at 0", Better.LOWER),
    Definition(
        "duplicates", "points that are equal to one before to the last bit (-0 is 0) and not at 0", Better.LOWER
    ),
    Definition("non_finite", "points with NaN or infinities, which are left out", Better.LOWER),
    Definition("without_direction", "distinct points without a direction, where the distance needs one"),
    Definition("linked_points", "distinct points that dimension 0 was computed of"),
    Definition(
        "near_duplicates",
        "linked points that have another one closer than `topology.near` of the median distance from the nearest",
    ),
    Definition(
        "clusters",
        "clusters when the single linkage is cut at the largest gap between neighbouring merge heights, from their median on, so "
        "that most points are not alone; a few far points are clusters of their own",
        source=GOWER_ROSS_1969,
    ),
    Definition("largest_cluster", "points of the largest cluster", source=GOWER_ROSS_1969),
    Definition("largest_gap", GAP.meaning, source=GOWER_ROSS_1969),
    *(
        Definition(
            f"{which}_merge_height",
            f"{which} of the distances at which components of the single linkage merge",
            source=GOWER_ROSS_1969,
        )
        for which in ("least", "median", "greatest")
    ),
    Definition(
        "h0_total_persistence",
        "sum of the distances at which components of the single linkage merge",
        source=EDELSBRUNNER_2002,
    ),
    Definition("homology_points", "points of a sample whose loops were computed; 0 where not computed"),
    Definition("homology_samples", "samples whose loops were computed; 0 where not computed"),
    *(one for figure in LOOPS_AND_VOIDS for one in over_samples(figure)),
    Definition(
        "covering_radius",
        "r of landmarks, the largest distance of a point from the nearest",
        Better.LOWER,
        GONZALEZ_1985,
    ),
    Definition(
        "certificate",
        "2r of landmarks, which the bottleneck distance of their diagram from that of all points does not exceed",
        Better.LOWER,
        CHAZAL_2014,
    ),
    Definition("certain_bars", "bars of landmarks longer than 4r, which all points must have too", source=CHAZAL_2014),
    Definition("null_points", "points that stand beside random ones"),
    *(one for figure in (*of_bars(0), *LOOPS_AND_VOIDS, GAP) for one in sampled(figure)),
    *beside_draws(
        Definition(
            "cubical_persistence",
            "mean total persistence of the sublevel sets of images, each scaled from 0 to 1; the draws are copies whose indices "
            "along each axis are permuted",
            source=KACZYNSKI_2004,
        )
    ),
    Definition(
        "cubical_images", "images whose sublevel sets were looked at: kernels over taps, features over positions"
    ),
    Definition(
        "bottleneck_distance",
        "bottleneck distance between the diagrams of the same points in both checkpoints, with `--against`",
        source=COHEN_STEINER_2007,
    ),
    Definition(
        "wasserstein_distance",
        "Wasserstein's distance of order 1 between the diagrams of the same points in both checkpoints, to 1 %, with `--against`",
        source=COHEN_STEINER_2010,
    ),
    Definition(
        "outstanding_loops_share",
        "share of the tensors whose longest loop lies more than 3 standard deviations above that of random matrices",
    ),
)
