"""The figures of the `spectrum` analyzer."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from analyzers.spectrum.marchenko_pastur import RandomBulk, density, distribution
from analyzers.spectrum.measuring import ERRORS, Figures, Spectrum
from analyzers.spectrum.options import Options
from precisionlab.analysis.comparisons import table_of_part
from precisionlab.analysis.figures import Axis, Cell, Column, Figure, Lines, Series, Table

Doubles = NDArray[np.float64]

MOST_POINTS = 160
"""Of a line."""
BINS = 60
WORDS = {
    "sample_stable_rank": "stable rank",
    "sample_effective_rank": "effective rank",
    "sample_marchenko_pastur_outliers": "values beyond the random edge",
    "sample_marchenko_pastur_distance": "distance from the random law",
    "sample_power_law_alpha": "power-law exponent",
}


def draw(figures: Figures, options: Options) -> Iterator[Figure]:
    """Singular values beside noise and chance, their distribution, error against rank, the sample beside random ones."""
    yield values_chart(figures)
    if figures.spectrum.is_whole and figures.bulk is not None:
        yield distribution_chart(figures.spectrum, figures.bulk)
    if figures.spectrum.is_whole:
        yield error_chart(figures.spectrum)
        yield rank_table(figures.spectrum)
    if figures.compared:
        yield compared_table(figures, options)


def values_chart(figures: Figures) -> Lines:
    """Singular values over their number, with those of the rounding noise and of a random matrix of the same bulk."""
    spectrum = figures.spectrum
    drawn = [line("weight", spectrum.values * spectrum.unit)]
    if figures.noise is not None:
        drawn.append(line(f"noise of {figures.noise.target}", figures.noise.values * spectrum.unit))
    if figures.bulk is not None:
        drawn.append(
            line("random matrix of its bulk", random_values(figures.bulk, len(spectrum.values)) * spectrum.unit)
        )
    title = "Singular values" + (f"; no rounding noise, since {figures.no_noise}" if figures.no_noise else "")
    return Lines(title, Axis("number", logarithmic=True), Axis("singular value", logarithmic=True), tuple(drawn))


def random_values(bulk: RandomBulk, count: int) -> Doubles:
    """The singular values that Marchenko and Pastur's law expects, descending."""
    places, shares = distribution(bulk.ratio)
    wanted = 1 - (np.arange(count) + 0.5) / count
    values: Doubles = np.sqrt(np.interp(wanted, shares, places) * bulk.variance * bulk.long_side)
    return values


def line(label: str, values: Doubles) -> Series:
    """Values over their numbers from 1 on, at places that are even on a logarithmic axis."""
    chosen = np.unique(np.geomspace(1, len(values), MOST_POINTS).round().astype(int))
    return Series(label, tuple(chosen.astype(float).tolist()), tuple(values[chosen - 1].tolist()))


def distribution_chart(spectrum: Spectrum, bulk: RandomBulk) -> Lines:
    """The density of eigenvalues beside the law, as far as a little beyond its edge, in units of its variance."""
    eigenvalues = np.square(spectrum.values) / (max(spectrum.shape) * bulk.variance)
    top = (1 + math.sqrt(bulk.ratio)) ** 2
    heights, edges = np.histogram(eigenvalues, BINS, (0.0, 1.3 * top))
    middles = (edges[1:] + edges[:-1]) / 2
    observed = heights / (len(eigenvalues) * (edges[1] - edges[0]))
    beyond = int((eigenvalues > edges[-1]).sum())
    title = "Eigenvalues of W Wᵀ / N beside a random matrix" + (f"; {beyond:,} lie farther right" if beyond else "")
    return Lines(
        title,
        Axis("eigenvalue over the variance of the random entries"),
        Axis("density"),
        (
            Series("weight", tuple(middles.tolist()), tuple(observed.tolist())),
            Series("Marchenko-Pastur", tuple(middles.tolist()), tuple(density(middles, bulk.ratio).tolist())),
        ),
    )


def error_chart(spectrum: Spectrum) -> Lines:
    """What the best approximation of each rank loses, over the numbers that its factors take."""
    errors = spectrum.errors()
    ranks = np.unique(np.linspace(0, len(spectrum.values), MOST_POINTS).round().astype(int))
    shares = [spectrum.share_at(int(rank)) for rank in ranks]
    return Lines(
        "Error of the best low-rank factors",
        Axis("numbers of the factors over those of the matrix"),
        Axis("relative error"),
        (Series("|W - W_r| / |W|", tuple(shares), tuple(errors[ranks].tolist())),),
    )


def rank_table(spectrum: Spectrum) -> Table:
    """Ranks for some errors, and what they cost."""
    rows: list[tuple[Cell, ...]] = [
        (f"{error:.0%} error", spectrum.rank_at(error), spectrum.share_at(spectrum.rank_at(error))) for error in ERRORS
    ]
    even = spectrum.break_even_rank
    rows.append(
        (
            f"break-even, {float(spectrum.errors()[min(even, len(spectrum.values))]):.2%} error",
            even,
            spectrum.share_at(even),
        )
    )
    return Table("Rank and cost", (Column("for"), Column("rank"), Column("numbers", "share")), tuple(rows))


def compared_table(figures: Figures, options: Options) -> Table:
    """The sample's figures beside those of random matrices."""
    from precisionlab.structure.nulls import Null  # noqa: PLC0415 - torch, which is slow, and loaded by then

    part = None if figures.sampled == figures.spectrum.shape else figures.sampled
    return table_of_part(figures.compared, WORDS, [Null(name) for name in options.nulls], options.draws, part)
