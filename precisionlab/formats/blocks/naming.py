"""Block formats by name, those included whose names spell what they are made of."""

import re
from collections.abc import Callable
from functools import lru_cache

from precisionlab.errors import FormatError
from precisionlab.formats.blocks.catalogue import (
    ENTRIES,
    MX_ELEMENTS,
    POWER_SUFFIXES,
    doubly_quantized,
    grouped,
    microscaling,
    shared,
    tiled,
)
from precisionlab.formats.blocks.conventions import CONVENTIONS
from precisionlab.formats.blocks.records import BlockFormat

LONGEST_BLOCK = 1 << 30
"""Most elements along an axis of a block that a name may spell."""

ENTRIES_BY_NAME = {format_.name: format_ for format_ in ENTRIES}


@lru_cache(maxsize=1024)
def find_block(name: str) -> BlockFormat | None:
    """The block format of a name in lower case; None for names that are no block format's.

    Raises:
        FormatError: no format can have these parts.
    """
    if name not in ENTRIES_BY_NAME:
        for suffix, convention in CONVENTIONS.items():
            if name.endswith(suffix):
                single = find_single(name.removesuffix(suffix))
                return None if single is None else convention(single)
    return find_single(name)


def find_single(name: str) -> BlockFormat | None:
    """The same without looking for the runtime at the end of a spelled name.

    Raises:
        FormatError: no format can have these parts.
    """
    known = ENTRIES_BY_NAME.get(name)
    if known is not None:
        return known
    for pattern, build in SPELLINGS:
        match = pattern.fullmatch(name)
        if match:
            return build(match)
    return None


def spelled_microscaling(match: re.Match[str]) -> BlockFormat:
    """`mxfp4_rceil`, `mxfp8_e4m3_even`."""
    return microscaling(match[1], match[2])


def spelled_group(match: re.Match[str]) -> BlockFormat:
    """`int4_g128`, `int4_g32_asym`, `fp8_e4m3_g128`, `nf4_g64_dq`."""
    size = sized(match[2], match[0])
    single = grouped(match[1], size, is_asymmetric=match[3] == "_asym")
    return doubly_quantized(single) if match[3] == "_dq" else single


def spelled_share(match: re.Match[str]) -> BlockFormat:
    """`int8_channel`, `int8_tensor_asym`, `fp8_e5m2_tensor`."""
    return shared(match[1], match[2], is_asymmetric=bool(match[3]))


def spelled_tile(match: re.Match[str]) -> BlockFormat:
    """`fp8_e4m3_128x128`."""
    return tiled(match[1], sized(match[2], match[0]), sized(match[3], match[0]))


def sized(digits: str, name: str) -> int:
    """The size of a block along an axis.

    Raises:
        FormatError: it is none.
    """
    size = int(digits)
    if not 1 <= size <= LONGEST_BLOCK:
        raise FormatError(name, f"blocks have 1 to {LONGEST_BLOCK:,} elements along an axis")
    return size


SPELLINGS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], BlockFormat]], ...] = (
    (re.compile(f"({'|'.join(MX_ELEMENTS)})({'|'.join(POWER_SUFFIXES)})"), spelled_microscaling),
    (re.compile(r"(\w+)_g(\d{1,10})(_asym|_dq|)", re.ASCII), spelled_group),
    (re.compile(r"(\w+)_(tensor|channel)(_asym|)", re.ASCII), spelled_share),
    (re.compile(r"(\w+)_(\d{1,10})x(\d{1,10})", re.ASCII), spelled_tile),
)
