"""The page about the app tells of the app."""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

from textual.binding import Binding
from textual.dom import DOMNode

import precisionlab.tui

DOCS = Path(__file__).parents[2] / "docs"
LARGEST_PICTURE = 150_000


def declared() -> Iterator[Binding]:
    """The bindings that classes of the app declare with a name."""
    for found in pkgutil.walk_packages(precisionlab.tui.__path__, "precisionlab.tui."):
        module = importlib.import_module(found.name)
        for one in vars(module).values():
            if isinstance(one, type) and issubclass(one, DOMNode) and one.__module__ == module.__name__:
                bindings = one.__dict__.get("BINDINGS", ())
                yield from (each for each in bindings if isinstance(each, Binding) and each.id)


def test_the_page_names_every_binding_and_no_other() -> None:
    """Each once, in the table of keys."""
    named = re.findall(r"^\| `([a-z_-]+\.[a-z_-]+)` \|", (DOCS / "app.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(named) == len(set(named)) > 100
    assert set(named) == {binding.id for binding in declared()}


def test_the_example_changes_keys_that_there_are() -> None:
    """The names in the example are those of bindings."""
    (example,) = re.findall(r"```json\n(.*?)```", (DOCS / "app.md").read_text(encoding="utf-8"), re.DOTALL)
    assert json.loads(example)["keys"].keys() <= {binding.id for binding in declared()}


def test_pictures_are_small_and_need_nothing_from_the_web() -> None:
    """Those that the page shows, and no other, are there; none names an address but that of SVG and of what drew it."""
    shown = set(re.findall(r"\(screenshots/(\w+)\.svg\)", (DOCS / "app.md").read_text(encoding="utf-8")))
    pictures = {path.stem: path.read_text(encoding="utf-8") for path in (DOCS / "screenshots").iterdir()}
    assert pictures.keys() == shown
    for text in pictures.values():
        assert len(text.encode()) < LARGEST_PICTURE
        assert "url(" not in text.replace("url(#", "")
        assert "@font-face" not in text
