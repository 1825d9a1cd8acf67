"""The figures of the `manifold` analyzer."""

from collections.abc import Iterator

from analyzers.manifold.layout import Layout
from analyzers.manifold.measuring import POOLED, Figures
from analyzers.manifold.options import Options
from precisionlab.analysis.comparisons import table_beside
from precisionlab.analysis.figures import Axis, Figure, Lines, PointGroup, Scatter, Series
from precisionlab.structure.nulls import Comparison, Null

MOST_POINTS = 1500
"""Of a scatter."""
WORDS = {
    "sample_two_nn": "TwoNN",
    **{f"sample_mle_{k}": f"maximum likelihood, {k} neighbours" for k in POOLED},
    "sample_participation_ratio": "participation ratio",
    "sample_local_pca": "local principal components",
    "sample_isomap_residual": "residual variance of Isomap",
}


def draw(figures: Figures, options: Options) -> Iterator[Figure]:
    """Dimensions beside random matrices and over scale, what Isomap leaves, and its picture."""
    if figures.compared:
        title = (
            f"Dimension of {figures.sampled:,} rows beside {options.draws} random matrices of each kind "
            f"({options.distance} distance; low-biased from 10 on: compare with the means only)"
        )
        yield table_beside(title, figures.compared, WORDS, [Null(name) for name in dict.fromkeys(options.nulls)])
    yield scale_lines(figures)
    if figures.layout is not None and figures.layout.residuals:
        yield residual_lines(figures.layout)
        yield from pictures(figures.layout, options)


def scale_lines(figures: Figures) -> Lines:
    """Gride's dimension over the neighbours' rank, beside the band of the first kind of random matrices."""
    own = {int(name.removeprefix("gride_")): value for name, value in figures.own.items() if name.startswith("gride_")}
    drawn = [
        Series(f"{figures.n_queries:,} among {figures.n_points:,} rows", tuple(map(float, own)), tuple(own.values()))
    ]
    beside = {
        float(name.removeprefix("sample_gride_")): each
        for name, each in figures.compared.items()
        if name.startswith("sample_gride_")
    }
    if beside:
        null = next(iter(next(iter(beside.values()))))
        ones = [each[null] for each in beside.values()]
        ranks = tuple(beside)
        drawn.append(Series(f"sample of {figures.sampled:,}", ranks, tuple(one.value for one in ones)))
        drawn += band(f"{null.value} sample", ranks, ones)
    return Lines(
        "Dimension over scale (Gride; the band is two standard deviations wide on either side)",
        Axis("rank n of neighbours: distances of the n-th and 2n-th", logarithmic=True),
        Axis("dimension", logarithmic=True),
        tuple(drawn),
    )


def band(label: str, ranks: tuple[float, ...], ones: list[Comparison]) -> list[Series]:
    """Mean, and two deviations below and above it."""
    return [
        Series(f"{label}, {word}", ranks, tuple(one.mean + times * one.deviation for one in ones))
        for word, times in (("mean", 0.0), ("low", -2.0), ("high", 2.0))
    ]


def residual_lines(layout: Layout) -> Lines:
    """What more coordinates leave."""
    title = f"Residual variance of Isomap ({layout.neighbours} neighbours)"
    if layout.is_suspect:
        title += (
            f"; the graph seems to hold short circuits: with half the neighbours {layout.halved.grown:.0%} of the "
            "geodesics grow by half more than others, and two coordinates tell them twice as well"
        )
    drawn = [line("weight", layout.residuals)]
    if layout.halved.residuals:
        drawn.append(line("with half the neighbours", layout.halved.residuals))
    return Lines(title, Axis("coordinates"), Axis("1 - R² of geodesics"), tuple(drawn))


def line(label: str, residuals: tuple[float, ...]) -> Series:
    """Residuals over the number of coordinates."""
    return Series(label, tuple(float(one) for one in range(1, len(residuals) + 1)), residuals)


def pictures(layout: Layout, options: Options) -> Iterator[Scatter]:
    """The first coordinates against each other, and the first against the third where there are three."""
    for other in range(1, layout.coordinates.shape[1]):
        yield picture(layout, other, options)


def picture(layout: Layout, other: int, options: Options) -> Scatter:
    """The first coordinate against another."""
    n = len(layout.coordinates)
    step = -(-n // MOST_POINTS)
    groups = []
    for label, places in layout.groups:
        shown = layout.coordinates[places[::step]]
        groups.append(PointGroup(label, tuple(shown[:, 0].tolist()), tuple(shown[:, other].tolist())))
    kind = f"{layout.n_landmarks} landmarks" if layout.n_landmarks else "exact"
    title = f"Isomap of {n:,} rows ({options.distance} distance, {kind})"
    if layout.n_left_out:
        title += f"; the largest of {layout.n_components:,} components: {layout.n_left_out:,} rows lie in others"
    title += f"; one of {step} is drawn" if step > 1 else ""
    return Scatter(title, Axis("coordinate 1"), Axis(f"coordinate {other + 1}"), tuple(groups))
