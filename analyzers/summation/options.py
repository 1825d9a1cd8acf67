"""Options of the `summation` analyzer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.options import option
from precisionlab.errors import UsageError
from precisionlab.formats import FloatFormat
from precisionlab.summation.anchors import working_format
from precisionlab.summation.methods import OF_PRODUCTS, RECURSIVE, Method, parse_method

FEWEST_BITS: Final = 16
"""Of a stored type that sums are computed in: nobody adds up in fewer."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is summed, how, and the thresholds of the rules.

    Raises:
        FormatError: a format does not exist, or sums are not computed in it.
        UsageError: a method does not exist, or is none of sums.
    """

    working_formats: tuple[str, ...] = option(
        ("float32", "bfloat16", "float16"),
        "Formats to sum in; the tensor's own type of at least 16 bits, and the judged one, are always among them.",
    )
    methods: tuple[str, ...] = option(
        ("recursive", "pairwise", "blocked:128", "kahan", "neumaier", "klein", "double-double", "exact"),
        "Ways of summing; recursive is always among them.",
    )
    judged_format: str = option(
        "",
        "The format whose sums the rules judge; none for float32, in which frameworks add up narrower types, "
        "and float64 for its own.",
    )
    min_elements: int = option(256, "Look at tensors of at least this many elements.", minimum=1)
    max_terms: int = option(
        1 << 18,
        "Sum so many of a tensor's elements, the first ones, and of a row's products.",
        minimum=2,
        maximum=1 << 24,
    )
    rows: int = option(64, "Multiply so many rows of a matrix with x; fewer of long rows.", minimum=1, maximum=1 << 16)
    seed: int = option(0, "Draws the rows, and x.", minimum=0)
    max_absorbed: float = option(
        0.5, "Report a sum that more than this share of its terms leave as it is.", minimum=0, maximum=1
    )
    min_recovered: float = option(
        1.0, "Report where pairs or Kahan's sum keep at least so many more decimal digits.", minimum=0
    )
    drawn_format: str = option(
        "",
        "The format whose errors are drawn over the number of terms; none for the tensor's own, or else the judged one.",
    )

    def __post_init__(self) -> None:
        named = (self.judged_format, self.drawn_format)
        for name in (*self.working_formats, *(one for one in named if one)):
            working_format(name)
        methods_of(self.methods)


def methods_of(names: Sequence[str]) -> tuple[Method, ...]:
    """The methods of these names, each once, `recursive` first.

    Raises:
        UsageError: there is no such method, or it is none of sums.
    """
    methods = tuple(dict.fromkeys((RECURSIVE, *map(parse_method, names))))
    for method in methods:
        if method.way in OF_PRODUCTS:
            raise UsageError(
                "summation.methods", f"{method.name} is a way of dot products, not of sums", "take sum2 or sumk:3"
            )
    return methods


def own_format(stored: str) -> FloatFormat | None:
    """The format of a stored type, if sums are computed in it."""
    format_ = LAYOUTS[stored].format
    return format_ if isinstance(format_, FloatFormat) and format_.bits >= FEWEST_BITS else None


def judged_format(stored: str, options: Options) -> FloatFormat:
    """The format whose sums are judged: the one that is named, else what a framework would add up in."""
    if options.judged_format:
        return working_format(options.judged_format)
    return working_format("float64" if stored == "float64" else "float32")


def drawn_format(stored: str, options: Options) -> FloatFormat:
    """The format whose errors are drawn."""
    if options.drawn_format:
        return working_format(options.drawn_format)
    return own_format(stored) or judged_format(stored, options)


def formats_for(stored: str, options: Options) -> tuple[FloatFormat, ...]:
    """All formats that a tensor is summed in, each once."""
    own = own_format(stored)
    extra = (judged_format(stored, options), *((own,) if own else ()))
    return tuple(dict.fromkeys((*map(working_format, options.working_formats), *extra)))
