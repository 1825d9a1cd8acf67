"""Which formats `precisionlab inspect` shows a number in."""

from collections.abc import Sequence

from precisionlab.errors import UsageError
from precisionlab.formats.finding import formats
from precisionlab.formats.naming import ELEMENTS
from precisionlab.formats.records import ElementFormat

COMMON = ("float32", "bfloat16", "float16", "float8_e4m3fn", "float8_e5m2", "float4_e2m1fn")
"""The formats that are shown where none are named."""


def formats_named(names: str) -> Sequence[ElementFormat]:
    """The formats of a list separated by commas, each once.

    Raises:
        UsageError: the list is empty.
        FormatError: there is no such format.
    """
    if names.strip().lower() == "all":
        return tuple(ELEMENTS.values())
    wanted = [name for name in names.split(",") if name.strip()]
    if not wanted:
        raise UsageError("--formats", "takes names of formats, separated by commas, or all")
    return tuple(dict.fromkeys(formats.element(name) for name in wanted))


def formats_wanted(names: str | None) -> Sequence[ElementFormat]:
    """Those that are named, or the common ones.

    Raises:
        UsageError: the list is empty.
        FormatError: there is no such format.
    """
    return formats_named(",".join(COMMON) if names is None else names)
