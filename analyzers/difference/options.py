"""Options of the `difference` analyzer."""

from collections.abc import Sequence
from dataclasses import dataclass

from precisionlab.analysis.options import option
from precisionlab.errors import UsageError
from precisionlab.formats import FloatFormat, formats


@dataclass(frozen=True, slots=True)
class Options:
    """Which casts may explain a difference, and how much is told.

    Raises:
        FormatError: a format does not exist.
        UsageError: a format is no signed float with NaN.
    """

    formats: tuple[str, ...] = option(
        ("float32", "bfloat16", "float16", "float8_e5m2", "float8_e4m3fn"),
        "Formats of which it is tried whether rounding to them explains a difference; those of the two tensors are always.",
    )
    named: int = option(
        10, "Tell so many of the numbers, and of the tensors, that differ most.", minimum=1, maximum=1000
    )

    def __post_init__(self) -> None:
        formats_of(self.formats)


def formats_of(names: Sequence[str]) -> tuple[FloatFormat, ...]:
    """The formats of these names.

    Raises:
        FormatError: one does not exist.
        UsageError: one is no signed float with NaN.
    """
    found = []
    for name in names:
        format_ = formats.element(name)
        if not (isinstance(format_, FloatFormat) and format_.signed and format_.has_nan):
            raise UsageError("difference.formats", f"{format_.name} is no signed float with NaN", "name one that is")
        found.append(format_)
    return tuple(found)
