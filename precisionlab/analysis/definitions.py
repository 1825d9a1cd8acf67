"""What an analyzer's numbers mean, where they come from, and which way is better: its own metadata, told in reports."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Better(StrEnum):
    """Which way a number gets better, where one does."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = ""
    """It describes, and judges nothing."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What the measurements of one name mean, whatever their labels."""

    name: str
    """As in `Metric.name`."""
    meaning: str
    """One clause without a full stop, in Markdown of code spans alone."""
    better: Better = Better.NEITHER
    source: str = ""
    """Literature or standard that the figure is from: author, year, title, place; empty for plain counts."""


DRAWN: Mapping[str, str] = MappingProxyType(
    {
        "mean": "mean of `{name}` over random draws of the same size",
        "sd": "standard deviation of `{name}` over random draws of the same size",
        "z": "standard deviations by which `{name}` lies above its mean over random draws",
        "ratio": "`{name}` over its mean over random draws of the same size",
    }
)
"""What follows the name of a figure in those of its random draws, and what such a measurement means."""


def beside_draws(definition: Definition, *more: str) -> tuple[Definition, ...]:
    """A figure's definition, and those of its `_mean`, `_sd` and `_z` over random draws (see `comparisons`).

    `more` names further ones of `DRAWN`.
    """
    suffixes = ("mean", "sd", "z", *more)
    name = definition.name
    return (definition, *(Definition(f"{name}_{suffix}", DRAWN[suffix].format(name=name)) for suffix in suffixes))


@dataclass(frozen=True, slots=True)
class Family:
    """A figure, and what of random draws of it is measured."""

    definition: Definition
    drawn: tuple[str, ...]
    """Those of `DRAWN` that are; empty of a figure without draws."""


def families(definitions: Iterable[Definition]) -> tuple[Family, ...]:
    """The same definitions in their order, with those that `beside_draws` made folded into those they are of."""
    by_name = {one.name: one for one in definitions}
    drawn: dict[str, list[str]] = {name: [] for name in by_name}
    for name, definition in by_name.items():
        figure, _, suffix = name.rpartition("_")
        if figure in drawn and suffix in DRAWN and definition.meaning == DRAWN[suffix].format(name=figure):
            del drawn[name]
            drawn[figure].append(suffix)
    return tuple(Family(by_name[name], tuple(suffixes)) for name, suffixes in drawn.items())
