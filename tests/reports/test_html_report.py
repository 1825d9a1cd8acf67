"""The HTML report: its text by Python's parser, its behaviour in headless Chromium."""

import base64
import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import combinations, pairwise
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.analysis.figures import Axis, Cell, Column, Figure, Heatmap, PointGroup, Scatter, Table
from precisionlab.analysis.report import Report
from precisionlab.analysis.results import Measurement, Metric, Result
from precisionlab.escaping import printable
from precisionlab.reports import html_report
from precisionlab.reports.html_data import columns
from precisionlab.reports.svg_heatmap import STRONGEST

VOID = {"meta", "link", "input", "br", "col"}


class Visit(Protocol):
    """What a browser made of a page."""

    dom: str
    console: tuple[str, ...]
    urls: frozenset[str]


class Reader(HTMLParser):
    """Collects the elements of a page, their attributes and their text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check that elements are closed in order."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note a text under its element."""
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)

    def visible(self) -> str:
        """All text that is neither script nor style."""
        return " ".join(text for tag, texts in self.texts.items() if tag not in {"script", "style"} for text in texts)


@pytest.fixture(scope="module")
def page(sample_report: Report) -> str:
    """The sample report as a page."""
    return html_report.render(sample_report)


def test_elements_are_closed_in_order(page: str) -> None:
    """A strict reader finds every element closed where it should be."""
    assert Reader(page).open == []


def test_nothing_is_loaded(page: str) -> None:
    """No element and no style asks for another file; links lead within the page."""
    reader = Reader(page)
    attributes = [pair for _, attrs in reader.elements for pair in attrs.items()]
    assert not [value for name, value in attributes if name in {"src", "srcset", "action", "formaction", "xlink:href"}]
    assert {value for name, value in attributes if name == "href" and not (value or "").startswith("#")} == {"data:,"}
    assert not re.search(r"url\(|@import|@font-face", "".join(reader.texts["style"]))


def test_the_policy_allows_this_script_and_style_alone(page: str) -> None:
    """The hashes in the head are those of the one script and the one style sheet; no element has a handler or a style."""
    reader = Reader(page)
    policy = next(attrs["content"] or "" for tag, attrs in reader.elements if attrs.get("http-equiv"))
    script, style = reader.texts["script"][-1], "".join(reader.texts["style"])
    for directive, text in (("script-src", script), ("style-src", style)):
        expected = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{expected}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert not [name for _, attrs in reader.elements for name in attrs if name.startswith("on") or name == "style"]


def test_it_reads_without_a_script(page: str, sample_report: Report) -> None:
    """Verdict, summaries, findings with remedies, skipped, failed and unreadable are text of the page itself."""
    text = Reader(page).visible()
    for wanted in (
        "3 errors, 10 warnings, 16 notes",
        "in 32 of 35 tensors of 2 checkpoints",
        "1,234,567",
        "Interrupted",
    ):
        assert wanted in text
    for finding in sample_report.checkpoints[0].findings:
        assert finding.remedy in text
        assert printable(finding.message) in text
    for wanted in ("division by <zero>", "not a tensor", "the header ends after 5 of 80 bytes", "Exponents and what"):
        assert wanted in text


def test_headings_do_not_skip_a_level(page: str) -> None:
    """One h1, and every heading at most one level below the one before."""
    levels = [int(tag[1]) for tag, _ in Reader(page).elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_severity_is_a_word(page: str) -> None:
    """What is coloured by severity also says it."""
    for word, number in (("error", 3), ("warning", 10), ("note", 16)):
        assert f'<span class="severity {word}">{word}</span>' in page
        assert f'<h4 class="{word}">{number} {word}s</h4>' in page


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_report_gives_a_sound_page(data: st.DataObject, any_report: st.SearchStrategy[Report]) -> None:
    """However senseless the report, the page is well-formed, can be encoded, and its data is JSON."""
    text = html_report.render(data.draw(any_report))
    text.encode()
    reader = Reader(text)
    assert reader.open == []
    for embedded in reader.texts["script"][:-1]:
        json.loads(embedded)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2, relative luminance)."""
    low, high = sorted(map(luminance, (first, second)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_has_contrast_in_light_and_dark() -> None:
    """Every colour of text stands at 4.5 to 1 or more against paper and shaded rows."""
    style = html_report.page_file("report.css")
    schemes = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", block)) for block in re.findall(r"{([^{}]*--paper[^{}]*)}", style)
    ]
    assert len([scheme for scheme in schemes if "soft" in scheme]) == 3
    for scheme in (scheme for scheme in schemes if "soft" in scheme):
        for name in ("ink", "muted", "accent", "error", "warning", "note"):
            assert min(contrast(scheme[name], scheme[ground]) for ground in ("paper", "soft")) >= 4.5, name
        assert contrast(scheme["ink"], mixed(scheme["paper"], scheme["accent"], STRONGEST)) >= 4.5


def mixed(ground: str, over: str, opacity: float) -> str:
    """The colour that is seen where one of some opacity lies over another one."""
    parts = ((int(ground[i : i + 2], 16), int(over[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(below + opacity * (above - below)):02x}" for below, above in parts)


# ------------------------------------------------------------------------------ in a browser

FINISH = "\n;document.body.append(Object.assign(document.createElement('pre'),{id:'told',textContent:JSON.stringify(told)}));"


def driven(page: str, script: str, folder: Path, browser: Callable[[Path], Visit]) -> dict[str, object]:
    """What a script tells of the page: a copy without its policy runs it at its end, and it fills the object `told`."""
    without = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    copy = folder / "driven.html"
    copy.write_text(
        without.replace("</body>", f"<script>const told = {{}};{script}{FINISH}</script></body>"), encoding="utf-8"
    )
    visit = browser(copy)
    assert visit.console == ()
    found = re.search('<pre id="told">(.*?)</pre>', visit.dom, re.DOTALL)
    assert found
    told: dict[str, object] = json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    return told


def opened(page: str, folder: Path, browser: Callable[[Path], Visit]) -> Visit:
    """The page as it is, policy and all, in a browser."""
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    return browser(path)


def test_the_browser_would_notice(tmp_path: Path, browser: Callable[[Path], Visit]) -> None:
    """A page that asks for a picture and throws is seen to do so: the checks below can fail."""
    visit = opened(
        '<img src="https://example.invalid/x.png"><script>throw new Error("bad")</script>', tmp_path, browser
    )
    assert visit.urls == {"https://example.invalid/x.png"}
    assert "bad" in visit.console[0]


def test_it_opens_quietly(page: str, tmp_path: Path, browser: Callable[[Path], Visit]) -> None:
    """Under its own policy the script runs, the console stays empty and nothing is asked of a network."""
    visit = opened(page, tmp_path, browser)
    assert visit.console == ()
    assert visit.urls == frozenset()
    assert 'class="row"' in visit.dom
    assert "33 tensors" in visit.dom


def test_hostile_names_are_inert(
    page: str, tmp_path: Path, browser: Callable[[Path], Visit], hostile_names: tuple[str, ...]
) -> None:
    """All names are text in the table and in the details, and none becomes an element or runs."""
    script = """
    const view = document.querySelector(".grid-view");
    const dialog = document.getElementById("tensor");
    const titles = new Map();
    for (const top of [0, 1e6]) {
      view.scrollTop = top;
      view.dispatchEvent(new Event("scroll"));
      for (const button of view.querySelectorAll("tr.row button")) {
        button.click();
        titles.set(button.textContent, dialog.querySelector("h2").textContent);
        dialog.close();
      }
    }
    told.names = [...titles.keys()];
    told.titles = [...titles.values()];
    told.foreign = document.querySelectorAll("img, b").length;
    told.title = document.title;
    """
    told = driven(page, script, tmp_path, browser)
    shown = {printable(name) for name in hostile_names}
    assert shown <= set(list_of(told["names"]))
    assert told["names"] == told["titles"]
    assert told["foreign"] == 0
    assert told["title"] == "precisionlab: 3 errors, 10 warnings, 16 notes"


def test_the_table_filters_and_sorts(page: str, tmp_path: Path, browser: Callable[[Path], Visit]) -> None:
    """Filters narrow the rows, headers sort them both ways in natural order, and say so to assistive technology."""
    script = """
    const view = document.querySelector(".grid-view");
    const names = () => [...view.querySelectorAll("tr.row code")].map((code) => code.textContent);
    const header = (at) => view.querySelectorAll("thead th")[at];
    const change = (element, value, kind) => { element.value = value; element.dispatchEvent(new Event(kind)); };
    const [search] = document.querySelectorAll(".controls input[type=search]");
    const [severity, dtype] = document.querySelectorAll(".controls select");
    told.first = names().slice(0, 3);
    told.sorted_first = header(0).getAttribute("aria-sort");
    change(search, "LAYERS", "input");
    told.count = document.querySelector("output").textContent;
    header(1).querySelector("button").click();
    told.up = names().slice(0, 12);
    told.up_says = header(1).getAttribute("aria-sort");
    header(1).querySelector("button").click();
    told.down = names().slice(0, 2);
    told.down_says = header(1).getAttribute("aria-sort");
    told.focus_stays = document.activeElement === header(1).querySelector("button");
    change(severity, "3", "change");
    told.errors = names();
    change(severity, "", "change");
    change(dtype, "bfloat16", "change");
    told.rows = view.querySelector("table").getAttribute("aria-rowcount");
    document.querySelectorAll(".menu input")[3].click();
    told.columns = view.querySelectorAll("thead th").length;
    change(search, "", "input");
    header(7).querySelector("button").click();
    told.largest = view.querySelector("tr.row td:nth-child(8)").textContent;
    """
    told = driven(page, script, tmp_path, browser)
    assert told["sorted_first"] == "descending"
    assert told["first"] == [
        "</script><img src=x onerror=\"document.title='owned'\">",
        "model.layers.7.mlp.weight",
        "model.layers.16.mlp.weight",
    ]
    assert told["count"] == "24 of 33 tensors"
    assert told["up"] == [f"model.layers.{i}.mlp.weight" for i in range(12)]
    assert (told["up_says"], told["down_says"], told["focus_stays"]) == ("ascending", "descending", True)
    assert told["down"] == ["model.layers.23.mlp.weight", "model.layers.22.mlp.weight"]
    assert told["errors"] == ["model.layers.16.mlp.weight", "model.layers.7.mlp.weight"]
    assert (told["rows"], told["columns"], told["largest"]) == ("25", 10, "inf")


def test_names_of_points_cover_nothing(sample_report: Report, tmp_path: Path, browser: Callable[[Path], Visit]) -> None:
    """As the browser measures them, no name covers another one or a marker, and none leaves its drawing."""
    names = tuple(f"int{bits}_g{size}_{way}" for bits in (4, 5, 6, 8) for size in (32, 128) for way in ("max", "mse"))
    xs = tuple(bits + 16 / size for bits in (4, 5, 6, 8) for size in (32, 128) for _ in range(2))
    ys = tuple(6.0 * x + (i % 3) for i, x in enumerate(xs))
    groups = (PointGroup("front", xs[::5], ys[::5], names[::5], is_joined=True), PointGroup("all", xs, ys, names))
    figure = Scatter("Noise", Axis("bits"), Axis("SQNR", "dB"), groups)
    script = """
    const box = (part) => { const { x, y, width, height } = part.getBBox(); return [x, y, x + width, y + height]; };
    const chart = document.querySelector(".scatter svg");
    told.drawing = chart.getAttribute("viewBox").split(" ").map(Number);
    told.names = [...chart.querySelectorAll(".name")].map(box);
    told.markers = [...chart.querySelectorAll(".point")].map(box);
    """
    told = driven(html_report.render(with_own_figures(sample_report, figure)), script, tmp_path, browser)
    boxes, markers = boxes_of(told["names"]), boxes_of(told["markers"])
    assert len(boxes) > 10
    assert len(markers) == 4 + 16 + 2
    assert not [pair for pair in combinations(boxes, 2) if overlap(*pair)]
    assert not [(name, marker) for name in boxes for marker in markers if overlap(name, marker)]
    ((_, _, right, bottom),) = boxes_of([told["drawing"]])
    assert all(min(box) >= 0 and box[2] <= right and box[3] <= bottom for box in boxes)


def test_numbers_and_names_of_a_heat_map_stay_in_their_places(
    sample_report: Report, tmp_path: Path, browser: Callable[[Path], Visit]
) -> None:
    """As the browser measures them, numbers lie in their cells, and every text in the drawing."""
    rows = tuple(f"model.layers.{i}.self_attn.q_proj.weight" for i in range(40))
    columns = ("fp8_e4m3fn", "int8_channel", "int4_g128", "nvfp4")
    values = tuple((-31.25, 0.0001234, 65504.0, 1e-30 * i) for i in range(40))
    figure = Heatmap("Noise", Axis("format"), Axis("tensor"), columns, rows, values, "dB", low_is_bad=True)
    script = """
    const box = (part) => { const { x, y, width, height } = part.getBBox(); return [x, y, x + width, y + height]; };
    const chart = document.querySelector(".heatmap svg");
    told.drawing = chart.getAttribute("viewBox").split(" ").map(Number);
    told.texts = [...chart.querySelectorAll("text")].map(box);
    told.cells = [...chart.querySelectorAll("g:has(> rect)")].map((one) => [...one.children].slice(1).map(box));
    """
    told = driven(html_report.render(with_own_figures(sample_report, figure)), script, tmp_path, browser)
    ((_, _, right, bottom),) = boxes_of([told["drawing"]])
    texts = boxes_of(told["texts"])
    assert len(texts) == 160 + 40 + 4 + 3
    assert all(min(box) >= 0 and box[2] <= right and box[3] <= bottom for box in texts)
    for cell in list_of(told["cells"]):
        rect, text = boxes_of(cell)
        assert rect[0] <= text[0] <= text[2] <= rect[2]


Rect = tuple[float, float, float, float]
"""Left, top, right and bottom."""


def boxes_of(value: object) -> list[Rect]:
    """Boxes that a script told."""
    boxes = [tuple(map(float, map(str, list_of(box)))) for box in list_of(value)]
    return [(left, top, right, bottom) for left, top, right, bottom in boxes]


def overlap(first: Rect, second: Rect) -> bool:
    """Whether the boxes share more than half a unit in both directions: a text's box is higher than its letters."""
    across = min(first[2], second[2]) - max(first[0], second[0])
    up = min(first[3], second[3]) - max(first[1], second[1])
    return across > 0.5 and up > 2.5


def with_own_figures(report: Report, *figures: Figure) -> Report:
    """The report with these figures of its first checkpoint."""
    first = report.checkpoints[0]
    own = replace(first.results[-1], figures=figures)
    return replace(report, checkpoints=(replace(first, results=(*first.results[:-1], own)),))


def test_no_column_hides_beside_another_figure(
    sample_report: Report, tmp_path: Path, browser: Callable[[Path], Visit]
) -> None:
    """In windows of usual widths nothing of a table has to be scrolled to; one that does not fit beside others stands alone."""
    labels = ("bit", "field", "set", "entropy", "least median", "largest median", "worst", "to inf/NaN")
    row: tuple[Cell, ...] = (15, "exponent", *[3.403e38] * 6)
    wide = Table("A long title " * 12, tuple(map(Column, labels)), (row, row))
    names = Table(
        "names", (Column("tensor"), *map(Column, labels[2:5])), (("model.layers.0.mlp.weight" * 6, 1, 2.5, 3),)
    )
    report = with_own_figures(sample_report, wide, names, *sample_report.checkpoints[0].results[-1].figures, wide)
    script = """
    document.body.style.maxWidth = "none";
    told.hidden = [];
    told.tops = [];
    for (const width of [736, 1136, 1280]) {
      const figures = document.querySelector(".figures");
      figures.style.width = `${width}px`;
      for (const one of figures.querySelectorAll(".scroll-x")) told.hidden.push(one.scrollWidth - one.clientWidth);
      const tables = [...figures.querySelectorAll(".table")];
      told.tops.push(new Set(tables.map((one) => one.offsetTop)).size < tables.length);
    }
    """
    told = driven(html_report.render(report), script, tmp_path, browser)
    assert set(list_of(told["hidden"])) == {0}
    assert list_of(told["tops"])[-1] is True  # what does fit still stands beside another


def test_the_table_begins_with_what_most_tensors_have(sample_report: Report) -> None:
    """Measurements of few tensors come last, also preferred ones; else those come first that analyzers tell first."""
    first = sample_report.checkpoints[1]
    names = ("a", "b", "c")
    common = tuple(Measurement(Metric(f"listed_{i}", ""), i) for i in range(3))
    used = Measurement(Metric("mantissa_bits_in_use", "bits"), 7)
    results = (
        Result("bits", "a", measurements=(Measurement(Metric("zeros_share", "1"), 0.5), *common)),
        Result("bits", "b", measurements=(common[0], used, *common[1:])),
        Result("bits", "c", measurements=(common[0], used, *common[1:])),
    )
    tensors = tuple(replace(first.tensors[0], name=name) for name in names)
    found = columns(replace(first, tensors=tensors, results=results))
    assert [column.key for column in found] == [
        *("listed_0", "mantissa_bits_in_use", "listed_1", "listed_2", "zeros_share"),
    ]


def test_a_column_names_its_unit_once(sample_report: Report, tmp_path: Path, browser: Callable[[Path], Visit]) -> None:
    """Elements in elements are elements; other units stand beside the label."""
    measured = (Measurement(Metric("elements", "elements"), 7), Measurement(Metric("used", "bits"), 7))
    first = sample_report.checkpoints[1]
    one = replace(first, results=(Result("bits", first.tensors[0].name, measurements=measured),))
    script = 'told.heads = [...document.querySelectorAll(".grid-view thead th")].map((one) => one.textContent);'
    told = driven(html_report.render(replace(sample_report, checkpoints=(one,))), script, tmp_path, browser)
    assert list_of(told["heads"])[-2:] == ["elements", "used (bits)"]


def test_a_row_opens_its_details(page: str, tmp_path: Path, browser: Callable[[Path], Visit]) -> None:
    """Clicking a row shows all measurements, findings with remedies, and figures; a finding's name leads there too."""
    script = """
    const dialog = document.getElementById("tensor");
    const search = document.querySelector(".controls input[type=search]");
    search.value = "layers.16.";
    search.dispatchEvent(new Event("input"));
    document.querySelector("tr.row td").click();
    told.open = dialog.open;
    told.text = dialog.textContent;
    told.measurements = dialog.querySelectorAll(".measurements dt").length;
    told.charts = dialog.querySelectorAll("figure svg").length;
    told.tables = dialog.querySelectorAll("figure table").length;
    dialog.querySelector("button").click();
    told.closed = !dialog.open;
    document.querySelector(".rule button.name").click();
    told.from_finding = dialog.querySelector("h2").textContent;
    dialog.close();
    document.querySelectorAll("[data-checkpoint='1'] tr.row button")[1].click();
    told.shared = dialog.textContent;
    """
    told = driven(page, script, tmp_path, browser)
    text = str(told["text"])
    assert (told["open"], told["closed"]) == (True, True)
    for wanted in ("3 of 2,048 values are NaN", "rescale, or keep a wider format", "worst nan", "entropy (exponent)"):
        assert wanted in text
    assert "72,057,594,037,927,937" in text
    assert (told["measurements"], told["charts"], told["tables"]) == (7, 1, 1)
    assert told["from_finding"] == "model.layers.7.mlp.weight"
    assert "shares its storage with embed.weight" in str(told["shared"])
    assert "transposed <view>" in str(told["shared"])


def test_the_theme_follows_the_button(page: str, tmp_path: Path, browser: Callable[[Path], Visit]) -> None:
    """The button turns the page dark and light again, over the system's wish."""
    script = """
    const ground = () => getComputedStyle(document.body).backgroundColor;
    const button = document.getElementById("theme");
    told.colours = [ground()];
    button.click();
    told.colours.push(ground());
    button.click();
    told.colours.push(ground());
    """
    first, second, third = (str(colour) for colour in list_of(driven(page, script, tmp_path, browser)["colours"]))
    assert first == third != second


def list_of(value: object) -> list[object]:
    """The list that the value should be."""
    assert isinstance(value, list)
    return value


def test_a_page_without_findings_or_tensors_opens(
    sample_report: Report, tmp_path: Path, browser: Callable[[Path], Visit]
) -> None:
    """An empty report says that nothing was analysed, quietly."""
    empty = replace(sample_report.checkpoints[1], tensors=(), results=(), complete=True)
    page = html_report.render(replace(sample_report, checkpoints=(empty,), unreadable=()))
    visit = opened(page, tmp_path, browser)
    assert visit.console == ()
    assert "<h1" in visit.dom
    assert "Nothing was analysed" in visit.dom
    assert "0 tensors" in visit.dom


@pytest.mark.slow
def test_a_hundred_thousand_tensors_open_within_three_seconds(
    large_report: Callable[[int, int], Report], tmp_path: Path, browser: Callable[[Path], Visit]
) -> None:
    """The page is interactive within three seconds, keeps few rows in the document, and filters and sorts at once."""
    page = html_report.render(large_report(100_000, 20))
    script = """
    told.opened = performance.now();
    told.rows = document.querySelectorAll("tr.row").length;
    const timed = (act) => { const start = performance.now(); act(); return performance.now() - start; };
    const search = document.querySelector("input[type=search]");
    told.filter = timed(() => { search.value = "layers.777."; search.dispatchEvent(new Event("input")); });
    told.found = document.querySelector("output").textContent;
    search.value = "";
    search.dispatchEvent(new Event("input"));
    told.sort = timed(() => document.querySelectorAll(".grid-view thead button")[1].click());
    const view = document.querySelector(".grid-view");
    told.scroll = timed(() => { view.scrollTop = 33 * 50000; view.dispatchEvent(new Event("scroll")); });
    told.at = document.querySelectorAll("tr.row")[20].querySelector("code").textContent;
    told.details = timed(() => document.querySelector("tr.row button").click());
    """
    start = time.monotonic()
    told = driven(page, script, tmp_path, browser)
    print({name: value for name, value in told.items() if isinstance(value, float)}, "whole", time.monotonic() - start)  # noqa: T201 - the measured times are worth reading
    assert isinstance(told["opened"], int | float)
    assert told["opened"] < 3000
    assert isinstance(told["rows"], int)
    assert told["rows"] < 120
    assert told["found"] == "8 of 100,000 tensors"
    assert str(told["at"]).startswith("model.layers.6251.")
