"""Heat maps as SVG, read by an XML parser."""

import math
from dataclasses import replace
from xml.etree import ElementTree as ET

from precisionlab.analysis.figures import Axis, Heatmap
from precisionlab.reports import svg

NAME = "{http://www.w3.org/2000/svg}"
MAP = Heatmap(
    "SQNR",
    Axis("format"),
    Axis("tensor"),
    ("int8", "nvfp4", "bf16"),
    ("model.layers.0.weight", "<b>\n"),
    ((40.0, 20.0, math.inf), (30.0, 10.0, math.nan)),
    "dB",
    low_is_bad=True,
)


def parsed(figure: Heatmap) -> ET.Element:
    """The drawing as an XML parser sees it."""
    return ET.fromstring(svg.draw(figure))  # noqa: S314 - our own output, and what is under test


def cells(root: ET.Element) -> list[tuple[str, float, str | None]]:
    """What each cell says under the pointer, its opacity, and the number in it."""
    return [
        (group.findtext(f"{NAME}title", ""), float(rect.get("fill-opacity", "")), group.findtext(f"{NAME}text"))
        for group in root.findall(f"{NAME}g")
        if (rect := group.find(f"{NAME}rect")) is not None
    ]


def test_every_cell_says_what_it_is() -> None:
    """Row, column and value with its unit; the number stands in the cell, a dash where there is none."""
    found = [(title, number) for title, _, number in cells(parsed(MAP))]
    assert found[:3] == [
        ("model.layers.0.weight, int8: 40 dB", "40.0"),
        ("model.layers.0.weight, nvfp4: 20 dB", "20.0"),
        ("model.layers.0.weight, bf16: inf", "inf"),
    ]
    assert found[5] == ("<b>\\n, bf16: nan", "\N{EN DASH}")


def test_worse_cells_are_more_opaque() -> None:
    """The lowest most, an infinite one least, in proportion between; an unknown one is transparent."""
    opacities = [opacity for _, opacity, _ in cells(parsed(MAP))]
    best, bad, exact, middling, worst, unknown = opacities
    assert best == exact < middling < bad < worst
    assert unknown == 0.0
    assert abs((bad - best) / (worst - best) - 2 / 3) < 0.01
    turned = [opacity for _, opacity, _ in cells(parsed(replace(MAP, low_is_bad=False)))]
    assert turned[0] == turned[2] == worst
    assert turned[4] == best


def test_cells_stand_under_their_headers_beside_their_names() -> None:
    """A header is in the middle of its column, a name on the height of its row and left of it."""
    root = parsed(MAP)
    first, second = (edges(rect) for rect in [*root.iter(f"{NAME}rect")][:2])
    texts = {text.text: (float(text.get("x", "")), float(text.get("y", ""))) for text in root.iter(f"{NAME}text")}
    assert abs((second["x"] + second["width"] / 2) - texts["nvfp4"][0]) < 1
    across, up = texts["model.layers.0.weight"]
    assert across < first["x"]
    assert first["y"] < up < first["y"] + first["height"]


def edges(rect: ET.Element) -> dict[str, float]:
    """Where a rectangle lies and how large it is."""
    return {name: float(rect.get(name, "")) for name in ("x", "y", "width", "height")}


def test_the_ends_of_the_shading_are_told() -> None:
    """In the legend and in the description; not where no value is finite."""
    root = parsed(MAP)
    assert "best 40 dB, worst 10 dB" in [text.text for text in root.findall(f"{NAME}text")]
    said = root.findtext(f"{NAME}desc")
    assert said == "Heat map of tensor by format, 2 rows, 3 columns; best 40 dB, worst 10 dB."
    unknown = parsed(replace(MAP, values=((math.nan,) * 3,) * 2))
    assert unknown.findtext(f"{NAME}desc") == "Heat map of tensor by format, 2 rows, 3 columns."
    assert len(list(unknown.iter(f"{NAME}rect"))) == 6


def test_many_rows_are_flat_and_more_are_counted() -> None:
    """Of 100,000 rows the first 400 are drawn, without numbers, every few of them named; the rest is counted."""
    n_rows = 100_000
    names = tuple(f"layer.{i}" for i in range(n_rows))
    root = parsed(replace(MAP, rows=names, values=((1.0, 2.0, 3.0),) * n_rows))
    found = cells(root)
    assert len(found) == 3 * 400
    assert {number for _, _, number in found} == {None}
    texts = [text.text or "" for text in root.findall(f"{NAME}text")]
    assert "and 99,600 more rows" in texts
    named = [text for text in texts if text.startswith("layer.")]
    assert named[:2] == ["layer.0", "layer.3"]
    assert float(root.get("height", "")) < 2_400


def test_many_columns_are_narrow_and_more_are_counted() -> None:
    """Of 100 columns 48 are drawn under slanted headers, numbers only where they fit."""
    columns = tuple(f"format_{i}" for i in range(100))
    root = parsed(replace(MAP, columns=columns, values=((1.25,) * 100,) * 2))
    found = cells(root)
    assert len(found) == 2 * 48
    assert {number for _, _, number in found} == {None}
    assert "and 52 more columns" in [text.text for text in root.findall(f"{NAME}text")]
    headers = [text for text in root.iter(f"{NAME}text") if (text.text or "").startswith("format_")]
    assert len([text for text in headers if (text.get("transform") or "").startswith("rotate(-45")]) == 48


def test_nothing_to_draw_is_a_sentence() -> None:
    """Without rows, and without columns."""
    assert "Nothing to draw" in svg.draw(replace(MAP, rows=(), values=()))
    assert "Nothing to draw" in svg.draw(replace(MAP, columns=(), values=((), ())))
