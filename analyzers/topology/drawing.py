"""The figures of the `topology` analyzer."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analyzers.topology.against import Against
from analyzers.topology.beside import PLACES, BesideNulls
from analyzers.topology.cubical import Cubical
from analyzers.topology.diagrams import Bars
from analyzers.topology.measuring import Figures
from analyzers.topology.reading import counted
from analyzers.topology.sampling import Homology
from precisionlab.analysis.comparisons import table_beside
from precisionlab.analysis.figures import (
    Axis,
    Barcode,
    BarGroup,
    Cell,
    Column,
    Figure,
    Lines,
    PointGroup,
    Scatter,
    Series,
    Table,
)

MOST_BARS: Final = 40
"""Of each dimension that a barcode has: the longest."""
MOST_PLACES: Final = 200
"""Of a line."""
MOST_CLUSTERS: Final = 5
"""Whose sizes are told."""
WORDS: Final = {
    "h0_total_persistence": "components: total persistence",
    "h0_entropy": "components: persistence entropy",
    "h0_longest_bar": "components: longest bar",
    "h0_largest_gap": "components: largest gap between merge heights",
    "h1_bars": "loops: bars",
    "h1_total_persistence": "loops: total persistence",
    "h1_entropy": "loops: persistence entropy",
    "h1_longest_bar": "loops: longest bar",
    "h2_bars": "voids: bars",
    "h2_total_persistence": "voids: total persistence",
    "h2_entropy": "voids: persistence entropy",
    "h2_longest_bar": "voids: longest bar",
}
NAMES: Final = ("H0 components", "H1 loops", "H2 voids")


def draw(figures: Figures) -> Iterator[Figure]:
    """All that there are."""
    yield table_of_points(figures)
    if len(figures.linkage.heights) > 1:
        yield merge_heights(figures)
    if figures.homology is not None:
        yield table_of_homology(figures.homology, figures.words)
        if figures.homology.diagrams:
            yield from of_diagrams(figures.homology, figures)
    if figures.beside is not None:
        yield from of_nulls(figures.beside, figures.words)
    if figures.cubical is not None:
        yield table_of_cubical(figures.cubical)
    if figures.against is not None:
        yield table_against(figures.against, figures.words)


def table_of_points(figures: Figures) -> Table:
    """What is known of all points."""
    roll, linkage, what = figures.roll, figures.linkage, figures.points.what
    sizes = ", ".join(f"{size:,}" for size in linkage.sizes[:MOST_CLUSTERS])
    more = f" and {len(linkage.sizes) - MOST_CLUSTERS:,} more" if len(linkage.sizes) > MOST_CLUSTERS else ""
    seen = "all distinct ones" if linkage.is_exact else f"{linkage.n_sampled:,} of {linkage.n_distinct:,}, at random"
    rows: list[tuple[Cell, ...]] = [
        (what, figures.points.n),
        ("coordinates of each", figures.points.d),
        ("all zeros", len(roll.dead)),
        ("equal to one before", len(roll.duplicates)),
        ("left out: NaN or infinite", roll.n_unfinite),
    ]
    if figures.n_unplaced:
        rows.append(("left out: without a direction", figures.n_unplaced))
    rows += [
        ("single linkage of", seen),
        ("near-duplicates", linkage.n_near),
        ("clusters at the largest gap of merge heights", len(linkage.sizes)),
        ("points of each", sizes + more),
        ("largest gap", linkage.gap),
    ]
    return Table(f"Points: {figures.words}", (Column("what"), Column("value")), tuple(rows))


def merge_heights(figures: Figures) -> Lines:
    """Heights in order: a step where clusters are far apart."""
    heights = figures.linkage.heights
    places = thinned(len(heights))
    series = Series("merge heights", tuple(float(place + 1) for place in places), tuple(heights[places].tolist()))
    return Lines(
        f"Where components merge: {figures.words}", Axis("merge"), Axis(f"{figures.distance.value} distance"), (series,)
    )


def thinned(n: int) -> NDArray[np.int64]:
    """At most so many places of n, the first and the last among them."""
    return np.unique(np.linspace(0, n - 1, min(n, MOST_PLACES)).round().astype(np.int64))


def table_of_homology(homology: Homology, words: str) -> Table:
    """Which points were looked at, what came out, and what that is worth."""
    choice = homology.choice
    rows: list[tuple[Cell, ...]] = [("points", how_chosen(homology), "")]
    if not homology.diagrams:
        rows.append(("homology", "not computed: it took too long or too much memory", ""))
    for name, (mean, deviation) in homology.figures.items():
        if not name.startswith("h0"):
            rows.append((WORDS[name], mean, "" if deviation is None else deviation))
    if choice.radius is not None and homology.certificate is not None and homology.diagrams:
        rows.append(("covering radius r", choice.radius, ""))
        rows.append(("bottleneck distance from all points' diagram, at most 2r", homology.certificate, ""))
        rows.append(("what that certifies", certified(homology), ""))
    columns = (Column("what"), Column("value, or mean"), Column("standard deviation"))
    return Table(f"Homology: {words}, {sampled_words(homology)}", columns, tuple(rows))


def sampled_words(homology: Homology) -> str:
    """`160 of them`, `5 random subsets of 160`."""
    choice = homology.choice
    match choice.way:
        case "all":
            return f"all {choice.size:,} distinct ones" if choice.size > 1 else "the only distinct one"
        case "landmarks":
            return f"{choice.size:,} landmarks"
        case _:
            return f"{len(choice.samples):,} random subsets of {choice.size:,}"


def how_chosen(homology: Homology) -> str:
    """The same, and whether there are fewer since more took too long."""
    late = ", half as many as asked for: more took too long" if homology.is_late and homology.diagrams else ""
    return sampled_words(homology) + late


def certified(homology: Homology) -> str:
    """What the covering radius says of all points."""
    if homology.n_certain:
        return f"{counted(homology.n_certain, 'bars')} longer than 4r: so all points have as many at least"
    return "nothing: no loop is longer than 4r, so that all points may have none"


def of_diagrams(homology: Homology, figures: Figures) -> Iterator[Figure]:
    """Persistence diagram, barcode and Betti curves of the first sample."""
    diagrams = homology.diagrams[0]
    choice = homology.choice
    many = f"the first of {len(choice.samples):,} random subsets of {choice.size:,}"
    which = f"{figures.words}, {many if len(choice.samples) > 1 else sampled_words(homology)}"
    axis = f"{figures.distance.value} distance"
    groups = tuple(
        PointGroup(name, tuple(bars.births.tolist()), tuple(bars.deaths.tolist()))
        for name, bars in zip(NAMES, diagrams, strict=False)
    )
    last = max((float(bars.deaths.max()) for bars in diagrams if len(bars.deaths)), default=0.0)
    if last:
        diagonal = PointGroup("birth = death", (0.0, last), (0.0, last), is_joined=True)
        yield Scatter(f"Persistence diagram: {which}", Axis(f"birth, {axis}"), Axis("death"), (*groups, diagonal))
        yield barcode(diagrams, which, axis)
        places = np.linspace(0.0, last, PLACES)
        # The component that lasts for ever is one more at each distance.
        curves = [bars.betti(places) + (dimension == 0) for dimension, bars in enumerate(diagrams)]
        series = tuple(
            Series(name, tuple(places.tolist()), tuple(curve.tolist()))
            for name, curve in zip(NAMES, curves, strict=False)
        )
        yield Lines(f"Betti curves: {which}", Axis(axis), Axis("alive"), series)


def barcode(diagrams: Sequence[Bars], which: str, axis: str) -> Barcode:
    """The longest bars of each dimension."""
    groups = []
    for name, bars in zip(NAMES, diagrams, strict=False):
        n = len(bars.births)
        label = name if n <= MOST_BARS else f"{name}, the longest {MOST_BARS} of {n:,}"
        births, deaths = bars.births[:MOST_BARS], bars.deaths[:MOST_BARS]
        order = np.lexsort((deaths, births))
        groups.append(BarGroup(label, tuple(births[order].tolist()), tuple(deaths[order].tolist())))
    return Barcode(f"Barcode: {which}", Axis(axis), tuple(groups))


def of_nulls(beside: BesideNulls, words: str) -> Iterator[Figure]:
    """The table of figures beside nulls, and the Betti curves."""
    which = f"{words}, {beside.n_points:,} points at random"
    if beside.nulls:
        yield table_beside(f"Beside random matrices: {which}", beside.figures, WORDS, beside.nulls)
        series = [Series("weight", tuple(beside.places.tolist()), tuple(beside.own.tolist()))]
        for null, curve in beside.others.items():
            series.append(Series(f"{null.value}, mean", tuple(beside.places.tolist()), tuple(curve.tolist())))
        alive = "loops alive" if "h1_bars" in beside.figures else "finite bars of components alive"
        yield Lines(f"Betti curves beside random matrices: {which}", Axis("distance"), Axis(alive), tuple(series))
    if beside.late:
        columns = (Column("null"), Column("why it is missing"))
        rows = tuple((null.value, "not computed: it took too long") for null in beside.late)
        yield Table(f"Random matrices that are missing: {which}", columns, rows)


def table_of_cubical(cubical: Cubical) -> Table:
    """Images beside copies with permuted axes."""
    one = cubical.persistence
    shape = " x ".join(map(str, cubical.shape))
    title = f"Cubical persistence of images of {shape}, {cubical.n_sampled:,} of {cubical.n_images:,}"
    columns = (Column("figure"), Column("weight"), Column("permuted axes, mean"), Column("sd"), Column("z"))
    row = ("total persistence over the range", one.value, one.mean, one.deviation, one.z)
    return Table(title, columns, (row,))


def table_against(against: Against, words: str) -> Table:
    """Distances from the other checkpoint's diagrams."""
    title = f"Against the other checkpoint: {words}"
    if against.reason:
        return Table(title, (Column("not compared"),), ((against.reason,),))
    columns = (Column("dimension"), Column("bottleneck distance"), Column("Wasserstein distance, order 1, to 1 %"))
    rows = tuple(zip(NAMES, against.bottleneck, against.wasserstein, strict=False))
    return Table(f"{title}, the same {against.n_points:,} points", columns, rows)
