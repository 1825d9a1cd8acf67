"""Charts of the HTML report in headless Chromium: what they show and answer, and that drawings keep to their places."""

import json
from dataclasses import replace
from itertools import combinations

import pytest

from precisionlab.analysis.figures import Axis, Bars, Cell, Column, Figure, Heatmap, PointGroup, Scatter, Table
from precisionlab.analysis.report import Report
from precisionlab.analysis.results import Measurement, Metric, Result
from precisionlab.reports import html_report
from tests.reports.chromium import Chromium, Told, list_of, opened

# ------------------------------------------------------------------------------ charts

MARKS = """
const figures = all("[data-chart]");
const marks = (figure, kind) => all(`.mark-${kind}.role-mark > *`, figure);
const of = (kind) => figures.filter((figure) => figure.classList.contains(kind)).at(-1);
const bars = figures.find((figure) => figure.classList.contains("bars"));
const lines = of("lines");
const placed = (element) => { const { x, y, width, height } = element.getBoundingClientRect(); return [x + width / 2, y + height / 2]; };
const labels = () => all(".role-axis-label text", bars).map((label) => label.textContent).join();
const visible = () => marks(lines, "line").filter((mark) => mark.getAttribute("d")).length;
"""
SCROLLED = """
told.before = figures.map((figure) => figure.classList.contains("drawn"));
told.static = figures.map((figure) => one(".static svg, .static p", figure).localName);
for (const figure of figures) {
  figure.scrollIntoView();
  await until(() => one(".plot svg, .plot canvas", figure));
}
told.kinds = figures.map((figure) => figure.classList[0]);
told.drawn = figures.map((figure) => one(".plot svg, .plot canvas", figure)?.localName);
told.hidden = figures.map((figure) => getComputedStyle(one(".static", figure)).display);
told.labels = figures.map((figure) => one(".plot", figure).getAttribute("aria-label"));
told.bars = marks(bars, "rect").length;
told.windows = marks(bars, "text").map((mark) => mark.textContent);
told.points = marks(of("scatter"), "symbol").length;
told.names = marks(of("scatter"), "text").map((mark) => mark.textContent);
told.cells = all(".role-mark text", of("heatmap")).map((mark) => mark.textContent);
told.rows = all(".role-axis-label text", of("heatmap")).map((label) => label.textContent);
told.intervals = marks(of("barcode"), "rule").length;
bars.scrollIntoView();
told.bar = placed(marks(bars, "rect")[20]);
told.ticks = labels();
"""
TIPPED = """
await until(() => one("#tip") && !one("#tip").hidden);
told.tip = all("#tip p").map((line) => line.textContent);
"""
TOGGLED = """
told.zoomed = labels();
told.legend = all(".legend button", lines).map((button) => button.textContent);
told.lines = visible();
const toggle = all(".legend button", lines)[1];
toggle.click();
await until(() => visible() < told.lines);
told.lines_after = visible();
told.pressed = toggle.getAttribute("aria-pressed");
one("tr.row button").click();
const dialog = one("#tensor");
await until(() => all(".plot svg", dialog).length === 2);
told.in_details = all(".plot svg", dialog).length;
dialog.close();
const accent = () => marks(bars, "rect")[3]?.getAttribute("fill");
const light = accent();
one("#theme").click();
await until(() => accent() && accent() !== light);
told.dark = accent() !== light;
told.foreign = document.querySelectorAll("img, b").length;
told.title = document.title;
"""


@pytest.fixture(scope="module")
def charted(sample_report: Report, tmp_path_factory: pytest.TempPathFactory, browser: Chromium) -> Told:
    """What one visit to the sample report told of its charts, quietly."""
    tab = opened(html_report.render(sample_report), tmp_path_factory.mktemp("charts"), browser)
    told = tab.run(MARKS + SCROLLED)
    x, y = (float(str(at)) for at in list_of(told["bar"]))
    tab.mouse("mouseMoved", x, y)
    told |= tab.run(MARKS + TIPPED)
    tab.mouse("mouseWheel", x, y, deltaX=0, deltaY=1)
    told |= tab.run(MARKS + "told.after_wheel = labels();")
    tab.mouse("mouseWheel", x, y, deltaX=0, deltaY=-300, modifiers=2)
    told |= tab.run(f"{MARKS} const was = {json.dumps(told['ticks'])}; await until(() => labels() !== was); {TOGGLED}")
    assert (tab.console, tab.urls) == ([], set())
    return told


def test_charts_of_every_kind_are_drawn(charted: Told) -> None:
    """Each drawing gives way to an interactive one that says what it is; names from files are text in it."""
    kinds = ["heatmap", "bars", "lines", "bars", "scatter", "heatmap", "barcode"]
    assert charted["kinds"] == kinds
    assert charted["static"] == ["svg"] * len(kinds)
    assert list_of(charted["before"])[-1] is False  # none is drawn before it comes into view
    assert charted["drawn"] == ["svg"] * len(kinds)
    assert charted["hidden"] == ["none"] * len(kinds)
    assert "Noise against size" in list_of(charted["labels"])
    assert (charted["foreign"], charted["title"]) == (0, "precisionlab: 3 errors, 10 warnings, 16 notes")


def test_charts_hold_what_the_figures_hold(charted: Told, sample_report: Report) -> None:
    """Bars with height, windows, points with a place, names with room, numbers and names of cells, intervals."""
    histogram = sample_report.checkpoints[0].results[-1].figures[0]
    assert isinstance(histogram, Bars)
    assert charted["bars"] == sum(height > 0 for height in histogram.heights)
    assert charted["windows"] == ["float16", "bfloat16", "float8_e4m3fn", "float4_e2m1fn"]
    assert charted["points"] == 3 + 4 + 2
    assert {"int8", "q4_k"} <= set(list_of(charted["names"]))
    assert {"31.5", "19.8", "inf", "\N{EN DASH}"} <= set(list_of(charted["cells"]))
    assert {"<nvfp4>", "<script>document.title='owned'</script>"} <= set(list_of(charted["rows"]))
    assert charted["intervals"] == 2 + 200
    assert charted["in_details"] == 2


def test_a_bar_tells_its_values_and_zooms(charted: Told) -> None:
    """Under the pointer stand the bin and its height; the wheel zooms with Ctrl and scrolls the page without."""
    lines = [str(line) for line in list_of(charted["tip"])]
    assert lines[0].startswith("exponent of the magnitude (power of two): ")
    assert lines[1].startswith("to: ")
    assert lines[2].startswith("values (elements): ")
    assert charted["after_wheel"] == charted["ticks"] != charted["zoomed"]


def test_the_legend_turns_series_off(charted: Told) -> None:
    """A button of the legend hides its line, and says that it does."""
    assert charted["legend"] == ["trained", "random <twin>"]
    assert charted["lines"] == 3  # one whole line, one in two parts
    assert (charted["lines_after"], charted["pressed"]) == (1, "false")


def test_charts_follow_the_theme(charted: Told) -> None:
    """In the dark they are drawn in other colours."""
    assert charted["dark"] is True


# ------------------------------------------------------------------------------ drawings and tables keep to their places

Rect = tuple[float, float, float, float]
"""Left, top, right and bottom."""

PLACES = """
const box = (part) => { const { x, y, width, height } = part.getBBox(); return [x, y, x + width, y + height]; };
const figures = all(".figures").at(-1);
for (const figure of all("[data-chart]")) figure.classList.remove("drawn");
const scatter = figures.querySelector(".scatter svg");
told.scatter = scatter.getAttribute("viewBox").split(" ").map(Number);
told.names = all(".name", scatter).map(box);
told.markers = all(".point", scatter).map(box);
const map = figures.querySelector(".heatmap svg");
told.map = map.getAttribute("viewBox").split(" ").map(Number);
told.texts = all("text", map).map(box);
told.cells = all("g:has(> rect)", map).map((one) => [...one.children].slice(1).map(box));
document.body.style.maxWidth = "none";
told.hidden = [];
told.tops = [];
for (const width of [736, 1136, 1280]) {
  figures.style.width = `${width}px`;
  for (const one of all(".scroll-x", figures)) told.hidden.push(one.scrollWidth - one.clientWidth);
  const tables = all(".table", figures);
  told.tops.push(new Set(tables.map((one) => one.offsetTop)).size < tables.length);
}
told.heads = all("[data-checkpoint='1'] .grid-view thead th").map((one) => one.textContent);
"""


@pytest.fixture(scope="module")
def places(sample_report: Report, tmp_path_factory: pytest.TempPathFactory, browser: Chromium) -> Told:
    """What one visit told of where the parts of static drawings and tables stand."""
    report = with_own_figures(sample_report, *own_figures())
    measured = (Measurement(Metric("elements", "elements"), 7), Measurement(Metric("used", "bits"), 7))
    second = report.checkpoints[1]
    one = replace(second, results=(Result("bits", second.tensors[0].name, measurements=measured),))
    report = replace(report, checkpoints=(report.checkpoints[0], one))
    return opened(html_report.render(report), tmp_path_factory.mktemp("places"), browser).run(PLACES)


def own_figures() -> tuple[Figure, ...]:
    """A chart with many names, a heat map of many digits, tables of which some fit beside others."""
    names = tuple(f"int{bits}_g{size}_{way}" for bits in (4, 5, 6, 8) for size in (32, 128) for way in ("max", "mse"))
    xs = tuple(bits + 16 / size for bits in (4, 5, 6, 8) for size in (32, 128) for _ in range(2))
    ys = tuple(6.0 * x + (i % 3) for i, x in enumerate(xs))
    groups = (PointGroup("front", xs[::5], ys[::5], names[::5], is_joined=True), PointGroup("all", xs, ys, names))
    rows = tuple(f"model.layers.{i}.self_attn.q_proj.weight" for i in range(40))
    columns = ("fp8_e4m3fn", "int8_channel", "int4_g128", "nvfp4")
    values = tuple((-31.25, 0.0001234, 65504.0, 1e-30 * i) for i in range(40))
    labels = ("bit", "field", "set", "entropy", "least median", "largest median", "worst", "to inf/NaN")
    row: tuple[Cell, ...] = (15, "exponent", *[3.403e38] * 6)
    long_name: tuple[Cell, ...] = ("model.layers.0.mlp.weight" * 6, 1, 2.5, 3)
    wide = Table("A long title " * 12, tuple(map(Column, labels)), (row, row))
    small = Table("names", (Column("tensor"), *map(Column, labels[2:5])), (long_name,))
    return (
        Scatter("Noise", Axis("bits"), Axis("SQNR", "dB"), groups),
        Heatmap("Noise", Axis("format"), Axis("tensor"), columns, rows, values, "dB", low_is_bad=True),
        wide,
        small,
        Table("one", tuple(map(Column, labels[:2])), (row[:2],)),
        Table("two", tuple(map(Column, labels[:2])), (row[:2],)),
    )


def with_own_figures(report: Report, *figures: Figure) -> Report:
    """The report with these figures of its first checkpoint."""
    first = report.checkpoints[0]
    own = replace(first.results[-1], figures=figures)
    return replace(report, checkpoints=(replace(first, results=(*first.results[:-1], own)), *report.checkpoints[1:]))


def test_names_of_points_cover_nothing(places: Told) -> None:
    """As the browser measures them, no name covers another one or a marker, and none leaves its drawing."""
    boxes, markers = boxes_of(places["names"]), boxes_of(places["markers"])
    assert len(boxes) > 10
    assert len(markers) == 4 + 16 + 2
    assert not [pair for pair in combinations(boxes, 2) if overlap(*pair)]
    assert not [(name, marker) for name in boxes for marker in markers if overlap(name, marker)]
    ((_, _, right, bottom),) = boxes_of([places["scatter"]])
    assert all(min(box) >= 0 and box[2] <= right and box[3] <= bottom for box in boxes)


def test_numbers_and_names_of_a_heat_map_stay_in_their_places(places: Told) -> None:
    """As the browser measures them, numbers lie in their cells, and every text in the drawing."""
    ((_, _, right, bottom),) = boxes_of([places["map"]])
    texts = boxes_of(places["texts"])
    assert len(texts) == 160 + 40 + 4 + 3
    assert all(min(box) >= 0 and box[2] <= right and box[3] <= bottom for box in texts)
    for cell in list_of(places["cells"]):
        rect, text = boxes_of(cell)
        assert rect[0] <= text[0] <= text[2] <= rect[2]


def test_no_column_hides_beside_another_figure(places: Told) -> None:
    """In windows of usual widths nothing of a table has to be scrolled to; one that does not fit beside others stands alone."""
    assert set(list_of(places["hidden"])) == {0}
    assert list_of(places["tops"])[-1] is True  # what does fit still stands beside another


def test_a_column_names_its_unit_once(places: Told) -> None:
    """Elements in elements are elements; other units stand beside the label."""
    assert list_of(places["heads"])[-2:] == ["elements", "used (bits)"]


def boxes_of(value: object) -> list[Rect]:
    """Boxes that a script told."""
    boxes = [tuple(map(float, map(str, list_of(box)))) for box in list_of(value)]
    return [(left, top, right, bottom) for left, top, right, bottom in boxes]


def overlap(first: Rect, second: Rect) -> bool:
    """Whether the boxes share more than half a unit in both directions: a text's box is higher than its letters."""
    across = min(first[2], second[2]) - max(first[0], second[0])
    up = min(first[3], second[3]) - max(first[1], second[1])
    return across > 0.5 and up > 2.5
