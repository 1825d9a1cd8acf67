"""Every file that a recipe can be written as: its name, the usual suffix, the module that writes it."""

from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Protocol, cast

from precisionlab.errors import UsageError
from precisionlab.recipes.recipe import Recipe


class Writing(Protocol):
    """What the module of an exporter looks like."""

    def render(self, recipe: Recipe) -> str:
        """The whole file, ending with a newline.

        Raises:
            UsageError: the tool cannot be told of such a recipe.
        """

    def notes(self, recipe: Recipe) -> tuple[str, ...]:
        """What the file cannot say, and where the tool goes another way: one line each, safe to show."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """One kind of file; its module is imported when it is first needed."""

    name: str
    suffix: str
    """That of a file unless the user names another, with the dot."""
    module: str
    runtime: str | None
    """Whose formats it can write; None for all formats."""

    def load(self) -> Writing:
        """The module that writes."""
        return cast("Writing", import_module(self.module))


EXPORTERS = (
    Exporter(
        "compressed-tensors", ".yaml", "precisionlab.recipes.exports.compressed_tensors", runtime="compressed-tensors"
    ),
    Exporter("torchao", ".json", "precisionlab.recipes.exports.torchao", runtime="torchao"),
    Exporter("llama.cpp", ".sh", "precisionlab.recipes.exports.llama_cpp", runtime="llama.cpp"),
    Exporter("bitsandbytes", ".json", "precisionlab.recipes.exports.bitsandbytes", runtime="bitsandbytes"),
    Exporter("json", ".json", "precisionlab.recipes.exports.plain_json", runtime=None),
)


def exporter_for(name: str) -> Exporter:
    """The exporter of a name.

    Raises:
        UsageError: there is none.
    """
    by_name = {exporter.name: exporter for exporter in EXPORTERS}
    if name not in by_name:
        nearest = get_close_matches(name, by_name, n=1, cutoff=0.5)
        hint = f"; did you mean {nearest[0]}?" if nearest else ""
        raise UsageError(name, "is nothing that recipes are written for", f"use one of {' '.join(by_name)}{hint}")
    return by_name[name]
