"""The PDF report, read and drawn by libraries that we did not write."""

import io
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
import typst
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import ArrayObject, Destination, DictionaryObject

from precisionlab.analysis.report import Baseline, CheckpointReport, Report, TensorSummary
from precisionlab.analysis.results import Finding, Novelty, Result
from precisionlab.analysis.rules import Severity
from precisionlab.errors import ReportError
from precisionlab.escaping import printable
from precisionlab.reports import pdf_report
from precisionlab.reports.advice import advice

CONTENTS_LINE = re.compile(r"^(.+?)\s*(?:\.\s*){3,}(\d+)$")
"""A title, dots, a page."""
HEIGHT_OF_CAPITALS = 0.64
"""Of the typeface, in sizes of its letters."""


@pytest.fixture(scope="module")
def document(sample_report: Report) -> bytes:
    """The sample report as a PDF."""
    return pdf_report.render(sample_report)


@pytest.fixture(scope="module")
def pages(document: bytes) -> list[str]:
    """What stands on its pages."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(document)).pages]


def squeezed(text: str) -> str:
    """The text without blanks, which a reader of pages cannot tell from the ends of lines."""
    return "".join(text.split())


def bookmarks(entries: list[object], reader: PdfReader) -> Iterator[tuple[str, int]]:
    """Titles of the document's outline with their pages, counted from 1."""
    for entry in entries:
        if isinstance(entry, Destination):
            yield str(entry.title), (reader.get_destination_page_number(entry) or 0) + 1
        elif isinstance(entry, list):
            yield from bookmarks(entry, reader)


def test_the_first_page_says_what_was_found_and_what_to_do(pages: list[str], sample_report: Report) -> None:
    """The verdict, what is missing, and every line of advice."""
    first = squeezed(pages[0])
    for line in ("3 errors, 10 warnings, 16 notes", "1 analysis failed", "What to do", *advice(sample_report)):
        assert squeezed(line) in first


def test_contents_name_the_pages_of_their_titles(document: bytes, pages: list[str]) -> None:
    """Every title of the first two levels is there with the page on which it stands, as the outline has it too."""
    reader = PdfReader(io.BytesIO(document))
    contents = pages[0].split("Contents", 1)[1]
    lines = [found for line in contents.splitlines() if (found := CONTENTS_LINE.match(line.strip()))]
    told = [(squeezed(found[1]), int(found[2])) for found in lines]
    listed = [(squeezed(title), page) for title, page in bookmarks(list(reader.outline), reader)]
    assert told
    assert set(told) <= set(listed)
    assert {"Findings", "Modelmap", "Worsttensors", "range", "Whatthefiguresmean", "References", "Provenance"} <= {
        title for title, _ in told
    }
    for title, page in told:
        assert title in squeezed(pages[page - 1])


def test_definitions_lead_to_their_sources(document: bytes, pages: list[str], sample_report: Report) -> None:
    """A number beside a definition is a link to the page and place of the source of that number."""
    whole = squeezed("".join(pages))
    sources = [one.source for one in sample_report.analyzers["range"].definitions if one.source]
    for number, source in enumerate(sources, 1):
        assert squeezed(f"[{number}] {source}") in whole
    drawn = pypdfium2.PdfDocument(document)
    places = list(links_within(PdfReader(io.BytesIO(document))))[-len(sources) :]
    for number, (source, (page, top)) in enumerate(zip(sources, places, strict=True), 1):
        text = drawn[page].get_textpage().get_text_bounded(top=top + 4, bottom=top - 20)
        assert squeezed(f"[{number}] {source}") in squeezed(text)
    assert places == sorted(places, key=lambda place: (place[0], -place[1]))
    assert len(set(places)) == len(sources)


def links_within(reader: PdfReader) -> Iterator[tuple[int, float]]:
    """Where the links of all pages lead, in their order: a page and the height in it."""
    numbers = {page.indirect_reference: number for number, page in enumerate(reader.pages)}
    for page in reader.pages:
        for annotation in page.get("/Annots", ()):
            target = annotation.get_object()["/Dest"].get_object()
            yield numbers[target[0].get_object().indirect_reference], float(target[3])


def test_findings_and_provenance_are_told(pages: list[str]) -> None:
    """Rules with severity, code, remedy and tensors; files with their identity; the command; the options."""
    whole = squeezed("".join(pages))
    for text in (
        "error PL001 the tensor holds values that are not numbers 3 tensors",
        "Remedy: find the step that made them; training from here will not recover.",
        "model.layers.16.mlp.weight: 3 of 2,048 values are NaN",
        "range: ZeroDivisionError",
        "0123456789abcdef" * 4,
        "2026-01-01T00:00:01+00:00",
        "base.safetensors --against 80 B",
        "precisionlab scan 'samples/sick/<model> & co' '--exclude=step.*'",
        "range max_share = 0.001; formats = float16, bfloat16",
        "made 2026-01-02T03:04:05Z",
        "What lies where, and what would a cast do?",
    ):
        assert squeezed(text) in whole


def test_hostile_names_are_shown_as_they_are(
    pages: list[str], sample_report: Report, hostile_names: tuple[str, ...]
) -> None:
    """Those that findings name stand there, printable and whole; nothing in them turned the order of the characters."""
    whole = squeezed("".join(pages))
    named = {found.subject for _, found in sample_report.findings} & set(hostile_names)
    assert len(named) >= 5
    assert [name for name in named if squeezed(printable(name or "")) not in whole] == []


def test_findings_stand_beside_a_baseline(sample_report: Report) -> None:
    """Each says whether it is new, worse or known; those that are gone are listed."""
    (found, *others), subject = sample_report.checkpoints[0].findings, "was.here"
    result = Result("range", found.subject, findings=(replace(found, novelty=Novelty.WORSE), others[-1]))
    checkpoint = replace(sample_report.checkpoints[0], results=(result,))
    baseline = Baseline("old.json", "2025-12-31T00:00:00Z", (replace(found, subject=subject),))
    report = replace(sample_report, checkpoints=(checkpoint,), baseline=baseline)
    reader = PdfReader(io.BytesIO(pdf_report.render(report)))
    whole = squeezed("".join(page.extract_text() for page in reader.pages))
    gone = f"{found.code} {subject}: {found.message}"
    for text in (f"{found.message} (worse)", "Gone since the baseline", gone, "old.json, made 2025-12-31T00:00:00Z"):
        assert squeezed(text) in whole


def test_every_page_is_drawn_and_charts_are_vectors(document: bytes) -> None:
    """No page is blank, none holds an image of pixels, and the charts are paths."""
    drawn = pypdfium2.PdfDocument(document)
    n_paths = 0
    for page in drawn:
        darkest, brightest = page.render(scale=0.3, grayscale=True).to_pil().getextrema()
        assert (darkest < 128, brightest) == (True, 255)
        kinds = [found.type for found in page.get_objects()]
        assert pdfium.FPDF_PAGEOBJ_IMAGE not in kinds
        n_paths += kinds.count(pdfium.FPDF_PAGEOBJ_PATH)
    assert n_paths > 500
    assert not [image for page in PdfReader(io.BytesIO(document)).pages for image in page.images]


def test_texts_of_charts_can_be_read_and_found(document: bytes, pages: list[str]) -> None:
    """Labels of axes, formats and legends are text, in letters of 7 points or more."""
    text = squeezed("".join(pages))
    for words in ("exponent of the magnitude (power of two)", "float8_e4m3fn", "random <twin>", "SQNR (dB)"):
        assert squeezed(words) in text
    heights = [*heights_of("Pareto front", pypdfium2.PdfDocument(document))]
    assert heights
    assert min(heights) >= 7 * HEIGHT_OF_CAPITALS


def heights_of(words: str, drawn: pypdfium2.PdfDocument) -> Iterator[float]:
    """The height of the first letter wherever the words stand, in points."""
    for page in drawn:
        text = page.get_textpage()
        found = text.search(words)
        while (at := found.get_next()) is not None:
            _, bottom, _, top = text.get_charbox(at[0])
            yield top - bottom


def test_the_same_report_gives_the_same_bytes(
    document: bytes, sample_report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever and wherever it is rendered: its date is that of the scan."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert pdf_report.render(sample_report) == document
    made = PdfReader(io.BytesIO(document)).metadata
    assert made is not None
    assert made.creation_date is not None
    assert made.creation_date.isoformat() == "2026-01-02T03:04:05+00:00"


def report_on(name: str, message: str, sample: Report) -> Report:
    """A report with a tensor of this name, and a finding with this message about it."""
    found = Finding("PL001", Severity.ERROR, name, message, message, MappingProxyType({}))
    tensor = TensorSummary(name, "float32", (2,), 2, 8)
    result = Result("range", name, findings=(found,))
    one = CheckpointReport(name, "npz", (), 2, 8, MappingProxyType({}), (tensor,), (result,))
    return replace(sample, checkpoints=(one,), unreadable=(), rules=())


def roles(document: bytes) -> list[str]:
    """The roles of all parts of the document, headings, tables, rows and lists, in their order."""

    def within(element: object) -> Iterator[str]:
        if isinstance(element, ArrayObject):
            for part in element:
                yield from within(part.get_object())
        elif isinstance(element, DictionaryObject) and element.get("/Type") != "/MCR":
            yield str(element.get("/S", ""))
            yield from within(element["/K"].get_object() if "/K" in element else None)

    return [role for role in within(PdfReader(io.BytesIO(document)).root_object["/StructTreeRoot"]) if role != "/Span"]


@settings(max_examples=15, deadline=None)
@given(
    name=st.text('"\\#$*_[]{}()<>@=-+/.~`ab1\n\t', min_size=1, max_size=14),
    message=st.text('"\\#$*_[]{}()<>@=-+/.~`ab1', max_size=14).map(lambda text: f"x{text}"),
)
def test_no_name_or_message_changes_the_structure(name: str, message: str, sample_report: Report) -> None:
    """The parts of the document are those that it has with harmless texts."""
    assert roles(pdf_report.render(report_on(name, message, sample_report))) == roles(
        pdf_report.render(report_on("plain", "plain", sample_report))
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_report_becomes_an_accessible_archival_document(
    data: st.DataObject, any_report: st.SearchStrategy[Report]
) -> None:
    """Reports of every kind compile, and by Typst's checks of PDF/A-2a and PDF/UA-1 nothing is without letters or tags."""
    report = data.draw(any_report)
    document = typst.compile(
        pdf_report.source(report).encode(),
        ignore_system_fonts=True,
        timestamp=pdf_report.started(report),
        pdf_standards=["a-2a", "ua-1"],
    )
    assert len(PdfReader(io.BytesIO(document)).pages) >= 1


def test_without_its_library_it_says_what_to_install(sample_report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy names the extra."""
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(ReportError, match=r"typst.*; pip install 'precisionlab\[pdf\]'"):
        pdf_report.render(sample_report)


def test_without_room_for_a_temporary_file_it_says_so(
    sample_report: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A full or missing folder is the user's to mend."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(ReportError, match="needs a temporary file, which cannot be written: no such file"):
        pdf_report.render(sample_report)
