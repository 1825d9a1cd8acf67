"""The HTML report in headless Chromium, under its own policy: what is shown, found, linked and printed."""

import base64
import io
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest

from precisionlab.analysis.report import Report
from precisionlab.escaping import printable
from precisionlab.reports import html_report
from tests.reports.chromium import Chromium, Told, list_of, opened


def test_the_browser_would_notice(tmp_path: Path, browser: Chromium) -> None:
    """A page that asks for a picture, throws, and breaks its policy is seen to do so: the checks below can fail."""
    policy = "<meta http-equiv=Content-Security-Policy content=\"script-src 'unsafe-inline'\">"
    bad = '<img src="https://example.invalid/x.png"><script>setTimeout(() => { throw new Error("bad") }); eval("1")</script>'
    tab = opened(policy + bad, tmp_path, browser)
    assert tab.urls == {"https://example.invalid/x.png"}
    assert any("bad" in line for line in tab.console)
    assert any("Content Security Policy" in line or "unsafe-eval" in line for line in tab.console)


# ------------------------------------------------------------------------------ tables, details, search, links

EVERYTHING = """
const dialog = one("#tensor");
const view = one(".grid-view");
const names = () => all("tr.row code", view).map((code) => code.textContent);
const header = (at) => all("thead th", view)[at];
const headline = () => one("h2", dialog).textContent;

told.rows = all(".grid-view tr.row").length;
told.count = one("output").textContent;

const titles = new Map();
for (const top of [0, 1e6]) {
  view.scrollTop = top;
  view.dispatchEvent(new Event("scroll"));
  for (const button of all("tr.row button", view)) {
    button.click();
    titles.set(button.textContent, headline());
    dialog.close();
  }
}
told.hostile = [...titles.entries()];

const [filter] = all(".controls input[type=search]");
const [severity, dtype] = all(".controls select");
view.scrollTop = 0;
view.dispatchEvent(new Event("scroll"));
told.first = names().slice(0, 3);
told.sorted_first = header(0).getAttribute("aria-sort");
change(filter, "LAYERS", "input");
told.filtered = one("output").textContent;
one("button", header(1)).click();
told.up = names().slice(0, 12);
told.up_says = header(1).getAttribute("aria-sort");

one("tr.row button", view).click();
told.steps = [headline()];
told.hash = location.hash;
all(".steps button", dialog)[1].click();
told.steps.push(headline());
press(dialog, "ArrowRight");
press(dialog, "ArrowLeft");
told.steps.push(headline());
told.where = one(".steps .where", dialog).textContent;
told.first_disabled = all(".steps button", dialog)[0].disabled;
dialog.close();
await until(() => location.hash === "");
told.hash_after = location.hash;
location.hash = "#tensor=0:" + encodeURIComponent("model.layers.3.mlp.weight");
await until(() => dialog.open);
told.followed = [dialog.open, headline()];
dialog.close();

one("button", header(1)).click();
told.down = names().slice(0, 2);
told.down_says = header(1).getAttribute("aria-sort");
told.focus_stays = document.activeElement === one("button", header(1));
change(severity, "3", "change");
told.errors = names();
change(severity, "", "change");
change(dtype, "bfloat16", "change");
told.row_count = one("table", view).getAttribute("aria-rowcount");
all(".menu input")[3].click();
told.columns = all("thead th", view).length;
change(filter, "", "input");
one("button", header(7)).click();
told.largest = one("tr.row td:nth-child(8)", view).textContent;

change(filter, "layers.16.", "input");
one("tr.row td", view).click();
told.text = dialog.textContent;
told.measurements = all(".measurements dt", dialog).length;
told.tables = all("figure table", dialog).length;
one(".close", dialog).click();
told.closed = !dialog.open;
one(".rule button.name").click();
told.from_finding = headline();
dialog.close();
all("[data-checkpoint='1'] tr.row button")[1].click();
told.shared = dialog.textContent;
dialog.close();

const box = one("#search-all");
const hits = () => all("#hits .kind").map((kind) => kind.textContent);
change(box, "layers.16.", "input");
told.tensor_hits = hits();
box.focus();
press(box, "Enter");
told.entered = headline();
dialog.close();
change(box, "subnormal", "input");
told.rule_hits = hits();
const definition = one("[data-find=definition]");
change(box, one("code", definition).textContent, "input");
all("#hits button").find((hit) => hit.textContent.includes("\\u00b7")).click();
told.definition_is_open = definition.closest("details").open;
change(box, "no such thing", "input");
told.nothing = one("#hits").textContent;
press(box, "Escape");
told.hits_hidden = one("#hits").hidden;

const ground = () => getComputedStyle(document.body).backgroundColor;
told.colours = [ground()];
for (let i = 0; i < 2; i += 1) {
  one("#theme").click();
  told.colours.push(ground());
}
told.foreign = document.querySelectorAll("img, b").length;
told.title = document.title;
"""


@pytest.fixture(scope="module")
def told(sample_report: Report, tmp_path_factory: pytest.TempPathFactory, browser: Chromium) -> Told:
    """What one visit to the sample report told of tables, details, search and links, quietly."""
    tab = opened(html_report.render(sample_report), tmp_path_factory.mktemp("page"), browser)
    told = tab.run(EVERYTHING)
    assert (tab.console, tab.urls) == ([], set())
    return told


def test_the_script_runs(told: Told) -> None:
    """Under the page's policy the table of all tensors is there."""
    assert isinstance(told["rows"], int)
    assert told["rows"] > 10
    assert told["count"] == "33 tensors"


def test_hostile_names_are_inert(told: Told, hostile_names: tuple[str, ...]) -> None:
    """All names are text in the table and in the details, and none becomes an element or runs."""
    pairs = [list_of(pair) for pair in list_of(told["hostile"])]
    assert {printable(name) for name in hostile_names} <= {name for name, _ in pairs}
    assert all(name == title for name, title in pairs)
    assert told["foreign"] == 0
    assert told["title"] == "precisionlab: 3 errors, 10 warnings, 16 notes"


def test_the_table_filters_and_sorts(told: Told) -> None:
    """Filters narrow the rows, headers sort them both ways in natural order, and say so to assistive technology."""
    assert told["sorted_first"] == "descending"
    assert told["first"] == [
        "</script><img src=x onerror=\"document.title='owned'\">",
        "model.layers.7.mlp.weight",
        "model.layers.16.mlp.weight",
    ]
    assert told["filtered"] == "24 of 33 tensors"
    assert told["up"] == [f"model.layers.{i}.mlp.weight" for i in range(12)]
    assert (told["up_says"], told["down_says"], told["focus_stays"]) == ("ascending", "descending", True)
    assert told["down"] == ["model.layers.23.mlp.weight", "model.layers.22.mlp.weight"]
    assert told["errors"] == ["model.layers.16.mlp.weight", "model.layers.7.mlp.weight"]
    assert (told["row_count"], told["columns"], told["largest"]) == ("25", 10, "inf")


def test_a_row_opens_its_details(told: Told) -> None:
    """Clicking a row shows all measurements, findings with remedies, and tables; a finding's name leads there too."""
    text = str(told["text"])
    for wanted in ("3 of 2,048 values are NaN", "rescale, or keep a wider format", "worst nan", "entropy (exponent)"):
        assert wanted in text
    assert "72,057,594,037,927,937" in text
    assert (told["measurements"], told["tables"], told["closed"]) == (7, 1, True)
    assert told["from_finding"] == "model.layers.7.mlp.weight"
    assert "shares its storage with embed.weight" in str(told["shared"])
    assert "transposed <view>" in str(told["shared"])


def test_a_tensor_has_an_address_and_neighbours(told: Told) -> None:
    """The address names the open tensor and leads back to it; the next and the previous are those of the table."""
    assert told["hash"] == "#tensor=0:model.layers.0.mlp.weight"
    assert told["hash_after"] == ""
    first, second = "model.layers.0.mlp.weight", "model.layers.1.mlp.weight"
    assert told["steps"] == [first, second, second]
    assert (told["where"], told["first_disabled"]) == ("2 of 24", False)
    assert told["followed"] == [True, "model.layers.3.mlp.weight"]


def test_the_search_finds_everything(told: Told) -> None:
    """Tensors, findings, rules and measurements are found, and what is chosen is opened, folded or not."""
    assert told["tensor_hits"] == ["Tensors: 1", "Findings: 2"]
    assert told["entered"] == "model.layers.16.mlp.weight"
    assert {str(hit).split(":")[0] for hit in list_of(told["rule_hits"])} >= {"Findings by rule", "Findings", "Rules"}
    assert told["definition_is_open"] is True
    assert (told["nothing"], told["hits_hidden"]) == ("Nothing found.", True)


def test_the_theme_follows_the_button(told: Told) -> None:
    """The button turns the page dark and light again, over the system's wish."""
    first, second, third = list_of(told["colours"])
    assert first == third != second


# ------------------------------------------------------------------------------ empty, on paper, large


def test_a_page_without_findings_or_tensors_opens(sample_report: Report, tmp_path: Path, browser: Chromium) -> None:
    """An empty report says that nothing was analysed, quietly."""
    empty = replace(sample_report.checkpoints[1], tensors=(), results=(), complete=True)
    page = html_report.render(replace(sample_report, checkpoints=(empty,), unreadable=()))
    tab = opened(page, tmp_path, browser)
    told = tab.run("told.text = document.body.innerText;")
    assert (tab.console, tab.urls) == ([], set())
    for wanted in ("Nothing was analysed", "See why nothing was analysed: no tensor was selected", "0 tensors"):
        assert wanted in str(told["text"])


def test_on_paper_everything_is_there(sample_report: Report, tmp_path: Path, browser: Chromium) -> None:
    """Printed, folded parts are open, charts are the static ones, and controls are left out."""
    tab = opened(html_report.render(sample_report), tmp_path, browser)
    printed = base64.b64decode(tab.call("Page.printToPDF")["data"])
    pages = pypdf.PdfReader(io.BytesIO(printed)).pages
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", " ".join(one.extract_text() for one in pages)))
    for wanted in (
        *("3 errors, 10 warnings, 16 notes", "What to do", "Model map", "exponent of the magnitude", "no such file"),
        *("0.4 % of the values are subnormal", "To make it anew", "What lies where, and what would a cast do?"),
    ):
        assert wanted in text, wanted
    for definition in sample_report.analyzers["range"].definitions:
        assert definition.name in text
    assert "Filter names" not in text


def test_a_large_report_keeps_few_rows_in_the_document(
    large_report: Callable[[int, int], Report], tmp_path: Path, browser: Chromium
) -> None:
    """And finds, sorts and shows any of its tensors; benchmarks/page.py says how fast."""
    tab = opened(html_report.render(large_report(20_000, 8)), tmp_path, browser)
    script = """
    told.rows = all("tr.row").length;
    const search = one(".controls input[type=search]");
    change(search, "layers.777.", "input");
    told.found = one("output").textContent;
    change(search, "", "input");
    all(".grid-view thead button")[1].click();
    const view = one(".grid-view");
    view.scrollTop = 33 * 10000;
    view.dispatchEvent(new Event("scroll"));
    told.at = one("code", all("tr.row")[20]).textContent;
    """
    told = tab.run(script)
    assert isinstance(told["rows"], int)
    assert told["rows"] < 120
    assert told["found"] == "8 of 20,000 tensors"
    assert str(told["at"]).startswith("model.layers.1251.")
