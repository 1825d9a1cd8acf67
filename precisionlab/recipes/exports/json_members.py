"""The members of a JSON object, each taken as what it should be."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeGuard

from precisionlab.errors import ReportError
from precisionlab.escaping import printable

NOT_FINITE = MappingProxyType({"nan": math.nan, "inf": math.inf, "-inf": -math.inf})
"""Numbers that JSON lacks, as the texts that stand for them."""


@dataclass(frozen=True, slots=True)
class Members:
    """An object of a recipe, and where in the document it stands; all methods raise `ReportError`."""

    values: Mapping[str, object]
    place: str = ""

    def wrong(self, name: str, wanted: str) -> ReportError:
        """The error that a member is not what is wanted."""
        where = printable(f"{self.place}{name}")
        return ReportError("recipe", f"is no precisionlab recipe: {where} should be {wanted}")

    def value(self, name: str) -> object:
        """A member of any kind."""
        if name not in self.values:
            raise self.wrong(name, "there")
        return self.values[name]

    def text(self, name: str) -> str:
        """A text."""
        value = self.value(name)
        if not isinstance(value, str):
            raise self.wrong(name, "a text")
        return value

    def text_or_null(self, name: str) -> str | None:
        """A text, or null."""
        return None if self.value(name) is None else self.text(name)

    def count(self, name: str) -> int:
        """A whole number that is not negative."""
        value = self.value(name)
        if not is_count(value):
            raise self.wrong(name, "a whole number of at least 0")
        return value

    def count_or_null(self, name: str) -> int | None:
        """The same, or null."""
        return None if self.value(name) is None else self.count(name)

    def counts(self, name: str) -> tuple[int, ...]:
        """An array of whole numbers that are not negative."""
        value = self.value(name)
        if not isinstance(value, list) or not all(map(is_count, value)):
            raise self.wrong(name, "an array of whole numbers of at least 0")
        return tuple(value)

    def number_or_null(self, name: str) -> float | None:
        """A number, which a text stands for where it is not finite, or null."""
        value = self.value(name)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)):
            return value
        if isinstance(value, str) and value in NOT_FINITE:
            return NOT_FINITE[value]
        raise self.wrong(name, f"a number, {', '.join(NOT_FINITE)} or null")

    def texts(self, name: str) -> Mapping[str, str]:
        """An object of texts."""
        value = self.value(name)
        if not isinstance(value, dict):
            raise self.wrong(name, "an object")
        of = Members(value, f"{self.place}{name}.")
        return MappingProxyType({key: of.text(key) for key in value})

    def each(self, name: str) -> Iterator["Members"]:
        """The objects of an array."""
        value = self.value(name)
        if not isinstance(value, list):
            raise self.wrong(name, "an array")
        for i, element in enumerate(value):
            if not isinstance(element, dict):
                raise self.wrong(f"{name}[{i}]", "an object")
            yield Members(element, f"{self.place}{name}[{i}].")


def is_count(value: object) -> TypeGuard[int]:
    """Whether this is a whole number that is not negative."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
