"""The ways of adding numbers up, by name."""

import difflib
from dataclasses import dataclass
from enum import Enum
from math import ceil
from typing import Final

from precisionlab.errors import UsageError
from precisionlab.escaping import printable


class Way(Enum):
    """An algorithm; a parameter, where it has one, makes it a `Method`."""

    RECURSIVE = "recursive"
    """One term after the other: Higham 2002, Algorithm 4.1 in the order given."""
    PAIRWISE = "pairwise"
    """Neighbours are added, then the sums of neighbours, level by level; an odd last one waits for the next level."""
    BLOCKED = "blocked"
    """Blocks of so many terms one after the other, then their sums one after the other."""
    KAHAN = "kahan"
    """What an addition lost is taken off the next term (Kahan 1965; Higham 2002, Algorithm 4.2)."""
    NEUMAIER = "neumaier"
    """What additions lost is summed aside and added in the end (Neumaier 1974; Kahan-Babuska)."""
    KLEIN = "klein"
    """The same, and what the sum aside loses is summed aside, too (Klein 2006, second order)."""
    SUM2 = "sum2"
    """As if summed in twice the precision (Ogita, Rump and Oishi 2005, Algorithm 4.4)."""
    SUMK = "sumk"
    """As if summed in K times the precision (Ogita, Rump and Oishi 2005, Algorithm 4.8)."""
    DOUBLE_DOUBLE = "double-double"
    """The running sum is an unevaluated pair (Dekker 1971)."""
    EXACT = "exact"
    """The exact sum, rounded once: the same for every order."""
    FMA = "fma"
    """Of dot products: one product after the other, added with one rounding for both."""
    DOT2 = "dot2"
    """As if computed in twice the precision (Ogita, Rump and Oishi 2005, Algorithm 5.3)."""
    DOTK = "dotk"
    """As if computed in K times the precision (Ogita, Rump and Oishi 2005, Algorithm 5.10)."""


COMPENSATED: Final = {Way.KAHAN, Way.NEUMAIER, Way.KLEIN, Way.SUM2, Way.SUMK, Way.DOUBLE_DOUBLE, Way.DOT2, Way.DOTK}
"""Those that keep what additions lose, and may therefore deal terms out to lanes without losing by it."""
OF_PRODUCTS: Final = {Way.FMA, Way.DOT2, Way.DOTK}
"""Those that need both factors."""
PARAMETERS: Final = {Way.BLOCKED: (1, 1 << 40), Way.SUMK: (2, 16), Way.DOTK: (3, 16)}
"""The ways that take a number, and which."""


@dataclass(frozen=True, slots=True)
class Method:
    """A way with its parameter."""

    way: Way
    parameter: int = 0

    @property
    def name(self) -> str:
        """`kahan`, `blocked:128`."""
        return f"{self.way.value}:{self.parameter}" if self.way in PARAMETERS else self.way.value

    @property
    def is_compensated(self) -> bool:
        """Whether it keeps what additions lose."""
        return self.way in COMPENSATED


RECURSIVE: Final = Method(Way.RECURSIVE)


def parse_method(name: "str | Method") -> Method:
    """The method of a name: `pairwise`, `blocked:128`, `sumk:3`.

    Raises:
        UsageError: there is none; suggests the nearest name.
    """
    if isinstance(name, Method):
        return name
    word, colon, number = str(name).strip().lower().partition(":")
    ways = {way.value: way for way in Way}
    if word not in ways:
        match = difflib.get_close_matches(word, ways, 1)
        hint = f"did you mean {match[0]}?" if match else f"choose one of {', '.join(ways)}"
        raise UsageError("method", f"there is no way of summing called {printable(str(name), 40)}", hint)
    way = ways[word]
    if way not in PARAMETERS:
        if colon:
            raise UsageError("method", f"{word} takes no number, unlike {printable(str(name), 40)}")
        return Method(way)
    low, high = PARAMETERS[way]
    digits = number.lstrip("0")
    is_short = number.isascii() and number.isdigit() and len(digits) <= len(str(high))
    if not (is_short and low <= int(digits or "0") <= high):
        given = printable(number, 40) or "nothing"
        problem = f"{word} takes a whole number from {low} to {high:,}, not {given}"
        raise UsageError("method", problem, f"write for example {word}:{max(low, 3)}")
    return Method(way, int(digits))


def additions_of_a_term(method: Method, n: int) -> int:
    """Through how many additions a term passes at most, of n terms: n - 1, ceil(log2 n), or those of blocks.

    This is what takes the place of n in the bound of a sum's error (Higham 2002, sections 4.2 and 4.3).

    Raises:
        UsageError: the method is none whose error grows so.
    """
    if n <= 1:
        return 0
    match method.way:
        case Way.RECURSIVE | Way.FMA:
            return n - 1
        case Way.PAIRWISE:
            return (n - 1).bit_length()
        case Way.BLOCKED:
            size = min(method.parameter, n)
            return size - 1 + ceil(n / size) - 1
        case _:
            raise UsageError("method", f"the error of {method.name} does not grow with additions alone")


def operations_of_a_term(method: Method) -> int | None:
    """Additions and subtractions that a term costs: what the arithmetic of one more term takes, without branches.

    An addition with all that it loses takes 6 (Knuth 1969, TwoSum), 3 where the first number is known to be the larger
    one (Dekker 1971). None of the exact sum, which adds integers.

    Raises:
        UsageError: the method is one of products.
    """
    if method.way in OF_PRODUCTS:
        raise UsageError("method", f"{method.name} multiplies, too", "take a method of sums")
    costs = {
        Way.KAHAN: 4,
        Way.NEUMAIER: 7,
        Way.KLEIN: 13,
        Way.SUM2: 7,
        Way.SUMK: 6 * (method.parameter - 1) + 1,
        Way.DOUBLE_DOUBLE: 10,
        Way.EXACT: None,
    }
    return costs.get(method.way, 1)
