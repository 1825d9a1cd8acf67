"""The measurements of the `manifold` analyzer."""

from collections.abc import Iterator

from analyzers.manifold.measuring import Figures, ratios
from precisionlab.analysis.comparisons import measurements_beside
from precisionlab.analysis.results import Measurement, metric


def measurements(figures: Figures) -> Iterator[Measurement]:
    """The figures as named numbers."""
    yield Measurement(metric("rows", "rows"), figures.rows)
    yield Measurement(metric("rows_among", "rows"), figures.n_among)
    yield Measurement(metric("points", "rows"), figures.n_points)
    yield Measurement(metric("queries", "rows"), figures.n_queries)
    for name, value in figures.own.items():
        yield Measurement(metric(name), value)
    if figures.two_nn is not None:
        yield Measurement(metric("two_nn_low"), figures.two_nn.low)
        yield Measurement(metric("two_nn_high"), figures.two_nn.high)
    yield Measurement(metric("sampled_rows", "rows"), figures.sampled)
    yield from measurements_beside(figures.compared, {})
    for name, null, ratio in ratios(figures):
        yield Measurement(metric(f"{name}_ratio", "1", null=null), ratio)
    yield from of_layout(figures)


def of_layout(figures: Figures) -> Iterator[Measurement]:
    """Isomap's."""
    layout = figures.layout
    if layout is None:
        return
    yield Measurement(metric("isomap_points", "rows"), layout.n_points)
    yield Measurement(metric("isomap_neighbours", "rows"), layout.neighbours)
    yield Measurement(metric("isomap_landmarks", "rows"), layout.n_landmarks)
    yield Measurement(metric("isomap_components", "components"), layout.n_components)
    yield Measurement(metric("isomap_left_out", "rows"), layout.n_left_out)
    yield Measurement(metric("isomap_grown", "share"), layout.halved.grown)
    yield Measurement(metric("isomap_short_circuits", "1"), layout.is_suspect)
    for number, residual in enumerate(layout.halved.residuals, 1):
        yield Measurement(metric("isomap_halved_residual", "1", dimensions=str(number)), residual)
    for number, residual in enumerate(layout.residuals, 1):
        yield Measurement(metric("isomap_residual", "1", dimensions=str(number)), residual)
