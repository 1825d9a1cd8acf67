"""A recipe as files for the programs that quantize."""

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

from precisionlab.recipes.exports.exporters import EXPORTERS, Exporter
from precisionlab.recipes.exports.files import Output, rendered, write
from precisionlab.recipes.recipe import Recipe
from precisionlab.tui.exporting import Exportable, file_stem

SAYS = {
    "compressed-tensors": "YAML for llm-compressor",
    "torchao": "JSON for quantize_",
    "llama.cpp": "script for llama-quantize",
    "bitsandbytes": "JSON for transformers",
    "json": "JSON, all of it",
}
Teller = Callable[[str], None]
"""Hears, in any thread, what a file cannot say."""


def exportables(recipe: Recipe, runtime: str | None, name: str, tell: Teller) -> list[Exportable]:
    """The recipe for each program that it may be for: the one that is to run it first, then all of it as JSON."""
    exporters = sorted(EXPORTERS, key=lambda one: (one.runtime != runtime, one.runtime is not None))
    wanted = [one for one in exporters if runtime is None or one.runtime in {runtime, None}]
    return [exportable(recipe, one, name, tell) for one in wanted]


def exportable(recipe: Recipe, exporter: Exporter, name: str, tell: Teller) -> Exportable:
    """The recipe as one kind of file."""

    def put(target: Path) -> None:
        for note in write(rendered(recipe, [Output(target, exporter)])):
            tell(note)

    title = f"recipe for {exporter.name}" if exporter.runtime else "recipe"
    stem = file_stem((name, "recipe"))
    return Exportable(title, stem, MappingProxyType({exporter.suffix: SAYS[exporter.name]}), put)
