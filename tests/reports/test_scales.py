"""Places and ticks on axes."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.analysis.figures import Axis, Bars, Lines, PointGroup, Scatter, Series, Window
from precisionlab.reports.scales import (
    Scale,
    bars_x,
    bars_y,
    bin_tops,
    column_tops,
    lines_scales,
    roomy,
    runs,
    scatter_scales,
    spread,
    thinned,
    ticks,
)

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(finite, min_size=1), st.booleans(), st.integers(2, 12))
def test_ticks_lie_on_the_axis_in_order(values: list[float], logarithmic: bool, wanted: int) -> None:
    """Whatever the values, ticks rise, stand between the ends and are few."""
    scale = spread(values, logarithmic=logarithmic)
    if scale is None:
        return
    places = [tick.place for tick in ticks(scale, wanted)]
    assert places == sorted(places)
    assert all(-1e-6 <= place <= 1 + 1e-6 for place in places)
    assert 1 <= len(places) <= wanted + 2


@given(st.lists(finite, min_size=1), st.data())
def test_places_are_exact_shares_of_the_range(values: list[float], data: st.DataObject) -> None:
    """On a linear axis a value stands at (value - low) / (high - low), even where that distance overflows."""
    scale = spread(values, logarithmic=False)
    assert scale is not None
    value = data.draw(st.sampled_from(values))
    place = scale.place(value)
    exact = (Fraction(value) - Fraction(scale.low)) / (Fraction(scale.high) - Fraction(scale.low))
    assert place == pytest.approx(float(exact), abs=1e-6)


def test_what_is_not_positive_has_no_place_on_a_logarithmic_axis() -> None:
    """Zero, negative and non-finite values stand nowhere; clamped, they stand at an end."""
    scale = Scale(-3, 3, logarithmic=True)
    assert [scale.place(value) for value in (0.0, -1.0, math.nan, math.inf)] == [None] * 4
    assert [scale.clamped(value) for value in (0.0, -math.inf, math.inf, 1.0)] == [0, 0, 1, 0.5]


@pytest.mark.parametrize(
    ("scale", "labels"),
    [
        (Scale(0, 1), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (Scale(-30, 10), ["-30", "-20", "-10", "0", "10"]),
        (Scale(0, 1_000_000), ["0", "200,000", "400,000", "600,000", "800,000", "1,000,000"]),
        (Scale(0, 2e9), ["0", "5e8", "1e9", "1.5e9", "2e9"]),
        (Scale(-3, 3, logarithmic=True), ["0.001", "0.1", "10", "1,000"]),
        (Scale(-45, 38, logarithmic=True), ["1e-45", "1e-28", "1e-11", "1e6", "1e23"]),
    ],
    ids=["unit", "exponents", "thousands", "large", "decades", "float32"],
)
def test_labels_are_round(scale: Scale, labels: list[str]) -> None:
    """Ticks stand at 1, 2 or 5 times a power of ten, on logarithmic axes at powers of ten."""
    assert [tick.label for tick in ticks(scale, 5)] == labels


def histogram(heights: tuple[float, ...], *windows: Window, logarithmic: bool = False) -> Bars:
    """Bars of width 1 from 0 on."""
    return Bars("", Axis("x"), Axis("y", logarithmic=logarithmic), 0.0, 1.0, heights, windows)


def test_the_axis_reaches_to_window_edges_nearby() -> None:
    """An edge within half the width of all bins is shown, one farther away is not."""
    near, far = Window("near", -2.0, -1.0, 5.0), Window("far", -100.0, -90.0, 100.0)
    assert bars_x(histogram((1.0,) * 4, near, far)) == Scale(-2.0, 5.0)


def test_bars_without_a_finite_range_are_not_drawn() -> None:
    """No bins, no width, no finite start: there is no axis."""
    assert bars_x(histogram(())) is None
    assert bars_x(Bars("", Axis("x"), Axis("y"), 0.0, math.nan, (1.0,))) is None
    assert bars_x(Bars("", Axis("x"), Axis("y"), -math.inf, 1.0, (1.0,))) is None
    assert bars_y(histogram((0.0, math.nan))) is None


def test_the_lowest_bar_shows_on_a_logarithmic_axis() -> None:
    """A count of one has a height, though its logarithm is zero."""
    y = bars_y(histogram((1.0, 100.0), logarithmic=True))
    assert y is not None
    assert (y.place(1.0) or 0) > 0.1


@given(st.lists(st.floats(min_value=0, max_value=1e300), min_size=1, max_size=5), st.booleans())
def test_heights_always_have_a_tick(heights: list[float], logarithmic: bool) -> None:
    """Where there is a bar to draw, the vertical axis says how high something is."""
    y = bars_y(histogram(tuple(heights), logarithmic=logarithmic))
    assert (y is None) is not any(heights)
    assert y is None or ticks(y, 5)


def test_many_bins_share_columns_without_losing_the_highest() -> None:
    """Each column is as high as the highest bin in it."""
    figure = histogram((*(1.0,) * 999, 50.0, *(1.0,) * 1000))
    x, y = bars_x(figure), bars_y(figure)
    assert x is not None
    assert y is not None
    tops = list(column_tops(figure, x, y, 10))
    assert tops.index(1.0) == 4
    assert len(list(bin_tops(figure, x, y, 100))) == 100
    assert len(list(bin_tops(figure, x, y, 5000))) == 2000


def test_lines_ignore_points_without_a_place() -> None:
    """The scales hold what can be drawn on both axes; with nothing to draw there are none."""
    lines = Lines("", Axis("x", logarithmic=True), Axis("y"), (Series("", (0.0, 1.0, 10.0), (900.0, 2.0, math.nan)),))
    assert lines_scales(lines) == (Scale(0, 1, logarithmic=True), Scale(1.0, 3.0))
    assert lines_scales(Lines("", Axis("x"), Axis("y"), (Series("", (), ()),))) is None


@given(st.lists(finite, min_size=1), st.booleans(), st.integers(2, 12))
def test_points_stand_inside_and_there_are_ticks(values: list[float], logarithmic: bool, wanted: int) -> None:
    """With room around them no value stands beyond an end, and the axis still says what is where."""
    scale = roomy(values, logarithmic=logarithmic)
    usable = [value for value in values if value > 0 or not logarithmic]
    if scale is None:
        assert not usable
        return
    assert all(0 <= (scale.place(value) or 0.0) <= 1 for value in usable)
    assert 1 <= len(ticks(scale, wanted)) <= wanted + 2


def test_points_have_room_around_them() -> None:
    """A twentieth of the range on a linear axis, a tenth of the decades on a logarithmic one; there at least two ticks."""
    groups = (PointGroup("a", (4.0, 24.0), (0.01, 1.0)), PointGroup("b", (8.0, 9.0), (0.1, math.nan)))
    scales = scatter_scales(Scatter("", Axis("x"), Axis("y", logarithmic=True), groups))
    assert scales == (Scale(3.0, 25.0), Scale(-2.2, 0.2, logarithmic=True))
    assert roomy([2.0, 3.0], logarithmic=True) == Scale(0, 1, logarithmic=True)
    assert scatter_scales(Scatter("", Axis("x"), Axis("y"), ())) is None


def test_points_without_a_place_interrupt() -> None:
    """Each uninterrupted part is one run; values beyond the shorter of the coordinates have no point."""
    series = Series("", (1.0, 2.0, 0.0, 3.0, 4.0), (5.0, 6.0, 7.0, 8.0))
    assert list(runs(series, Axis("x", logarithmic=True), Axis("y"))) == [[(1.0, 5.0), (2.0, 6.0)], [(3.0, 8.0)]]


def test_long_lines_keep_their_extremes() -> None:
    """Of a hundred thousand points few are drawn, the highest and the lowest among them."""
    ys = [0.0] * 100_000
    ys[12_345], ys[54_321] = 9.0, -9.0
    kept = thinned([(float(x), y) for x, y in enumerate(ys)], 1000)
    assert len(kept) <= 1000
    assert {(12_345.0, 9.0), (54_321.0, -9.0)} <= set(kept)
    assert list(kept) == sorted(kept)
