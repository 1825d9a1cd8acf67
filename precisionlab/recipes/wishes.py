"""What a recipe is asked for, in numbers, and what cannot be had in the units in which it was asked."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from precisionlab.analysis.quantization.targets import Target
from precisionlab.checkpoints import TensorInfo
from precisionlab.errors import UsageError
from precisionlab.recipes.assembling import Division, kept_bits
from precisionlab.recipes.losses import Offer
from precisionlab.recipes.planning import Limit, Objective
from precisionlab.recipes.problem import BudgetError
from precisionlab.reports.quantities import byte_size, trimmed

NONE_KEPT = "none"
"""What stands for keeping nothing by name."""
MOST_BITS = 1000.0
"""A weight, that can be meant."""
DECIMALS = 10_000
"""Of bits a weight, in which the fewest possible are told, rounded up."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: one of the three limits is given."""

    asked: Mapping[str, str]
    """The limit, and the file of the sensitivity, as they were typed, by option."""
    bits_a_weight: Fraction | None
    n_bytes: int | None
    sqnr_db: float | None
    objective: Objective
    formats: tuple[str, ...]
    """Names, as they were given; none for what suits."""
    runtime: str | None
    kept: tuple[str, ...]
    """Globs."""
    ties: bool
    """Whether matrices that runtimes join share a format."""

    @property
    def budget(self) -> str:
        """The bits or bytes as they were typed, with their flag."""
        return next(f"--{name} {self.asked[name]}" for name in ("bits", "size") if name in self.asked)


@dataclass(frozen=True, slots=True)
class Room:
    """What a budget is divided over."""

    shapes: tuple[tuple[int, ...], ...]
    """Of the tensors that may be quantized."""
    kept_bits: int
    """Of those that stay."""

    @property
    def n_weights(self) -> int:
        """Of the tensors that may be quantized."""
        return sum(map(prod, self.shapes))


def room_in(infos: Sequence[TensorInfo], division: Division) -> Room:
    """What a budget is divided over."""
    return Room(tuple(info.shape for info in division.quantized), kept_bits(infos, division))


def limit_of(wish: Wish, room: Room) -> Limit:
    """What the recipe must keep, in bits of the tensors that may be quantized.

    Raises:
        UsageError: the other tensors alone are larger.
    """
    if wish.sqnr_db is not None:
        return Limit(sqnr_db=wish.sqnr_db)
    if wish.bits_a_weight is not None:
        return Limit(bits=math.floor(wish.bits_a_weight * room.n_weights))
    left = 8 * (wish.n_bytes or 0) - room.kept_bits
    if left < 0:
        problem = f"the tensors that stay as stored take {amount(room.kept_bits)} alone"
        raise UsageError(wish.budget, problem, "ask for more, or keep fewer (--keep)")
    return Limit(bits=left)


def require_room(offers: Sequence[Offer], limit: Limit, objective: Objective) -> None:
    """See that a budget could be met if nothing failed anywhere, before that is measured.

    Raises:
        BudgetError: it cannot.
    """
    ways: Collection[Target | None] = (None,)
    if objective is Objective.UNIFORM:
        ways = dict.fromkeys(target for offer in offers for target in offer.targets)
    least = min(sum(least_bits(offer, way) for offer in offers) for way in ways)
    if limit.bits is not None and least > limit.bits:
        raise BudgetError(limit.bits, least)


def least_bits(offer: Offer, common: Target | None) -> int:
    """The fewest bits of a tensor, in the common format if it is offered that."""
    targets = [common] if common in offer.targets else offer.targets
    return min(8 * offer.info.n_bytes, *(target.bits(offer.info.shape) for target in targets if target))


def unmet(error: BudgetError, wish: Wish, room: Room) -> UsageError:
    """The error for a budget that no recipe meets, in the units in which it was asked."""
    if wish.bits_a_weight is not None:
        exact = Fraction(error.smallest_bits, max(1, room.n_weights))
        rounded_up = math.ceil(exact * DECIMALS) / DECIMALS
        smallest = f"{trimmed(f'{rounded_up:.4f}')} bits a weight"
    else:
        of_these = f", of which {amount(room.kept_bits)} stay as stored" if room.kept_bits else ""
        smallest = f"{amount(error.smallest_bits + room.kept_bits)}{of_these}"
    means = "one format for all" if wish.objective is Objective.UNIFORM else "any formats on offer"
    problem = f"cannot be met by {means}: the smallest possible is {smallest}"
    return UsageError(wish.budget, problem, "ask for more, or offer narrower formats (--formats)")


def amount(bits: int) -> str:
    """Bits as bytes, all digits and in short."""
    n_bytes = -(-bits // 8)
    return f"{n_bytes:,} bytes" if n_bytes < 1000 else f"{n_bytes:,} bytes ({byte_size(n_bytes)})"


def settings_shown(wish: Wish, targets: Iterable[Target], runtimes: Iterable[str]) -> Mapping[str, str]:
    """What was asked for, as a recipe keeps it."""
    asked = {
        **wish.asked,
        "for": ",".join(runtimes),
        "formats": ",".join(target.name for target in targets),
        "keep": ",".join(wish.kept) or NONE_KEPT,
        "objective": wish.objective.value,
        "untied": "" if wish.ties else "yes",
    }
    return {name: value for name, value in asked.items() if value}
