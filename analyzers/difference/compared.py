"""Tensors of two checkpoints as the summary knows them: what was measured of each, and how each differs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from precisionlab.analysis.analyzers import Answer, Answers
from precisionlab.analysis.beside import Role
from precisionlab.analysis.name_parts import beginnings
from precisionlab.analysis.quantized_layers import Quantized, names_beside, parts_in, quantized_in
from precisionlab.analysis.results import Scalar, Status
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints.model import TensorInfo

CAST = "explained_by_cast[way="


class Kind(Enum):
    """How a tensor differs, in the words of the table."""

    SAME = "the same bytes"
    EQUAL = "the same numbers in another type"
    CHANGED = "of other numbers"
    RESHAPED = "of another shape"
    DEQUANTIZED = "quantized on one side, with scales applied"
    QUANTIZED = "quantized on one side, not compared"
    UNCOMPARED = "complex against real"
    ONLY_HERE = "only here"
    ONLY_THERE = "only there"


@dataclass(frozen=True)
class Compared:
    """A tensor that was looked at."""

    answer: Answer

    @property
    def here(self) -> Tensor:
        """The tensor."""
        return self.answer.tensor

    @property
    def there(self) -> Tensor:
        """Its counterpart."""
        numbers = self.answer.tensor.as_numbers
        return numbers[1] if numbers else self.answer.tensor.beside[Role.REFERENCE]

    @property
    def is_coded_here(self) -> bool:
        """Whether it is this one that is codes in its file."""
        numbers = self.here.as_numbers
        return numbers is not None and numbers[0].info.dtype != self.here.info.dtype

    @property
    def name(self) -> str:
        """As stored here."""
        return self.here.info.name

    @property
    def is_renamed(self) -> bool:
        """Whether it has another name there."""
        return self.name != self.there.info.name

    @cached_property
    def values(self) -> Mapping[str, Scalar]:
        """What was measured, by key."""
        return self.answer.result.values

    @cached_property
    def kind(self) -> Kind:
        """How it differs."""
        if "dequantized" in self.values and self.values["same_shape"]:
            return Kind.DEQUANTIZED
        if not self.values["same_shape"]:
            return Kind.RESHAPED
        if "relative_difference" not in self.values:
            return Kind.UNCOMPARED
        if self.values["changed"]:
            return Kind.CHANGED
        return Kind.SAME if self.values["same_dtype"] else Kind.EQUAL

    @property
    def relative(self) -> float:
        """The norm of the difference over that of the other tensor; NaN where there is none."""
        return float(self.values.get("relative_difference", math.nan))

    @property
    def explanation(self) -> str:
        """The cast that explains the difference, or that two may; empty where none does."""
        casts = {
            key.removeprefix(CAST).partition(",")[0]: str(format_)
            for key, format_ in self.values.items()
            if CAST in key
        }
        if "here" in casts or "there" in casts:
            return f"rounded to {casts['here']}" if "here" in casts else f"the others are rounded to {casts['there']}"
        if self.values.get("within_roundings"):
            return "the same numbers, rounded to each type"
        return f"the same in {casts['both']}" if "both" in casts else ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both checkpoints as a whole."""

    pairs: tuple[Compared, ...]
    """Tensors that own their bytes here and have a counterpart."""
    only_here: tuple[TensorInfo, ...]
    only_there: tuple[TensorInfo, ...]
    """As of those that are only here: those that own their bytes, without what stands for quantized weights."""
    quantized_here: tuple[Quantized, ...]
    """Weights that are stored with scales here, and without there."""
    quantized_there: tuple[Quantized, ...]

    def of(self, *kinds: Kind) -> tuple[Compared, ...]:
        """The pairs that differ in one of these ways."""
        return tuple(one for one in self.pairs if one.kind in kinds)

    def names(self, kind: Kind) -> tuple[str, ...]:
        """The tensors of a kind, those that only the other checkpoint has among them."""
        match kind:
            case Kind.ONLY_HERE:
                return tuple(info.name for info in self.only_here)
            case Kind.QUANTIZED:
                return tuple(one.name for one in (*self.quantized_here, *self.quantized_there))
            case Kind.ONLY_THERE:
                return tuple(info.name for info in self.only_there)
            case _:
                return tuple(one.name for one in self.of(kind))

    @property
    def is_same(self) -> bool:
        """Whether both hold the same tensors, byte for byte, under whatever names."""
        n_others = sum(len(self.names(kind)) for kind in Kind if kind is not Kind.SAME)
        return n_others == 0


def comparison_of(answers: Answers) -> Comparison:
    """All that was said of tensors, side by side, and what has no counterpart."""
    pairs = tuple(Compared(answer) for answer in answers if answer.counts)
    coded = [one for one in pairs if one.here.as_numbers]
    only_here = beside_others(
        [answer.tensor.info for answer in answers if is_only_here(answer)], [one.name for one in coded]
    )
    unmatched = [tensor.info for tensor in answers.unmatched.get(Role.REFERENCE, ())]
    owning = [info for info in unmatched if info.shares_storage_with is None]
    only_there = beside_others(owning, [one.there.info.name for one in coded])
    added, dropped = change_of_names(pairs)
    here = quantized_in(only_here, only_there, lambda name: replaced(name, dropped, added))
    there = quantized_in(only_there, only_here, lambda name: replaced(name, added, dropped))
    return Comparison(
        pairs,
        without(only_here, here, there),
        without(only_there, there, here),
        here,
        there,
    )


def change_of_names(pairs: Sequence[Compared]) -> tuple[str, str]:
    """What all names that differ begin with here and there; nothing where they differ in several ways."""
    changes = {beginnings(one.name, one.there.info.name) for one in pairs if one.is_renamed}
    return changes.pop() if len(changes) == 1 else ("", "")


def replaced(name: str, beginning: str, instead: str) -> str:
    """The name with another beginning, where it has the one."""
    return f"{instead}{name.removeprefix(beginning)}" if name.startswith(beginning) else name


def beside_others(only: Sequence[TensorInfo], names: Sequence[str]) -> list[TensorInfo]:
    """What a checkpoint has alone, but for the scales and the like of tensors of these names."""
    parts = parts_in(only)
    scales = {part for name in names for part in names_beside(name, parts)}
    return [info for info in only if info.name not in scales]


def without(
    only: Sequence[TensorInfo], quantized: Sequence[Quantized], others: Sequence[Quantized]
) -> tuple[TensorInfo, ...]:
    """What a checkpoint has alone, but for what stands for quantized weights there, and weights that are quantized in the other."""
    known = {*(part for one in quantized for part in one.parts), *(one.name for one in others)}
    return tuple(info for info in only if info.name not in known)


def is_only_here(answer: Answer) -> bool:
    """Whether a tensor was left out since the other checkpoint has nothing for it; one that shares its bytes is no further one."""
    tensor = answer.tensor
    is_left_out = answer.result.status is Status.SKIPPED and Role.REFERENCE not in tensor.beside
    return is_left_out and tensor.as_numbers is None and tensor.info.shares_storage_with is None
