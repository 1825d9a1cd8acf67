"""The figures of the `wavelet` analyzer."""

from collections.abc import Iterator

from analyzers.wavelet.measuring import Figures
from analyzers.wavelet.options import Null, Options
from analyzers.wavelet.scales import CURVE, Key
from precisionlab.analysis.figures import Axis, Cell, Column, Figure, Lines, Series, Table

WIDEST = 16
"""Lengths of kernels whose mean is drawn."""


def draw(figures: Figures, options: Options) -> Iterator[Figure]:
    """Figures beside copies, energy by scale, errors of thresholding, and the mean kernel."""
    yield beside_table(figures, options)
    if any(key.name == "energy_share" for key in figures.own):
        yield energy_lines(figures, options)
        yield error_lines(figures, options)
    lengths = figures.ordering.lengths
    if len(lengths) == 2 and max(lengths) <= WIDEST:
        yield mean_table(figures)


def beside_table(figures: Figures, options: Options) -> Table:
    """A row for each figure: of the weight, of white noise, and of each kind of copies mean, deviation and z-score."""
    nulls = tuple(next(iter(figures.compared.values())))
    columns = [Column("figure"), Column("weight"), Column("white noise")]
    for null in nulls:
        columns += [Column(f"{null.value}, mean"), Column("sd"), Column("z")]
    keys = [key for key in figures.own if key.label != "kept" or key.of in {"0.1", "0.25"}]
    rows = tuple(row_of(figures, key, nulls) for key in keys)
    beside = f" beside {options.draws} random copies (seed {options.seed})" if nulls else ""
    return Table(f"Structure along {axes_in_words(figures)}{sample_in_words(figures)}{beside}", tuple(columns), rows)


def row_of(figures: Figures, key: Key, nulls: tuple[Null, ...]) -> tuple[Cell, ...]:
    """A figure under the columns of `beside_table`."""
    cells: list[Cell] = [in_words(key, figures), figures.own[key], figures.expected.get(key, "")]
    for null in nulls:
        one = figures.compared[key][null]
        cells += [one.mean, one.deviation, one.z]
    return tuple(cells)


def in_words(key: Key, figures: Figures) -> str:
    """What a figure is called in tables."""
    match key.name:
        case "energy_share" if key.of == "rest":
            return "energy at the coarsest scale"
        case "energy_share":
            return f"energy of details, scale {2 ** int(key.of)}"
        case "seminorm":
            return f"squared differences along axis {key.of}"
        case "gini":
            return f"Gini index (entries: {figures.entries.gini():.3g})"
        case "share_of_99_energy":
            share = figures.entries.share_of_most_energy()
            return f"coefficients that hold 99 % of the energy (entries: {share:.3g})"
    entries = figures.entries.error(float(key.of))
    return f"error with {float(key.of):.0%} of the coefficients (entries: {entries:.3g})"


def axes_in_words(figures: Figures) -> str:
    """`3x3 taps of 4,096 kernels`, `512 places of 768 features`."""
    ordering = figures.ordering
    lengths = "x".join(map(str, ordering.lengths))
    places, kernels = ("taps", "kernel") if ordering.are_taps else ("places", "line")
    return f"{lengths} {places} of {figures.n_sampled:,} {kernels}{'s' if figures.n_sampled != 1 else ''}"


def sample_in_words(figures: Figures) -> str:
    """That there are more; empty where there are none."""
    return f" (drawn at random from {figures.ordering.n_kernels:,})" if figures.is_sampled else ""


def energy_lines(figures: Figures, options: Options) -> Lines:
    """The share of the energy at each scale, beside white noise and the means of copies."""
    keys = [key for key in figures.own if key.name == "energy_share"]
    scales = tuple(float(2 ** (i + 1)) for i in range(len(keys)))
    series = [
        Series("weight", scales, tuple(figures.own[key] for key in keys)),
        Series("white noise", scales, tuple(figures.expected[key] for key in keys)),
    ]
    for null in figures.compared[keys[0]]:
        means = tuple(figures.compared[key][null].mean for key in keys)
        series.append(Series(f"{null.value}, mean", scales, means))
    title = f"Energy by scale ({options.wavelet}); the last is what is left, on the coarsest scale"
    return Lines(title, Axis("scale", "places", logarithmic=True), Axis("share of the energy"), tuple(series))


def error_lines(figures: Figures, options: Options) -> Lines:
    """Errors against kept coefficients, beside entries that are kept themselves, and copies."""
    keys = [Key("threshold_error", "kept", f"{kept:g}") for kept in CURVE]
    series = [
        Series("coefficients", CURVE, tuple(figures.own[key] for key in keys)),
        Series("entries themselves", CURVE, tuple(map(figures.entries.error, CURVE))),
    ]
    for null in figures.compared[keys[0]]:
        means = tuple(figures.compared[key][null].mean for key in keys)
        series.append(Series(f"coefficients, {null.value}", CURVE, means))
    title = f"Error when only the largest coefficients are kept ({options.wavelet})"
    return Lines(title, Axis("share kept"), Axis("relative error"), tuple(series))


def mean_table(figures: Figures) -> Table:
    """The mean of the kernels, tap by tap."""
    rows, columns = figures.ordering.axes
    labels = (Column(f"axis {rows} \\ axis {columns}"), *(Column(str(i)) for i in range(figures.ordering.lengths[1])))
    means = tuple((i, *map(float, row)) for i, row in enumerate(figures.mean_kernel))
    return Table(f"Mean of {figures.n_sampled:,} kernels", labels, means)
