"""The patterns of numbers that are elements."""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from precisionlab.formats.blocks.records import BlockFormat
from precisionlab.formats.blocks.steps import sorted_entries
from precisionlab.formats.records import CodebookFormat, IntegerFormat
from precisionlab.formats.rounding import encode


def codes_of(elements: Tensor, format_: BlockFormat) -> Tensor:
    """The patterns, as bytes, of binary32 numbers that are all elements of a format."""
    element = format_.element
    match element:
        case IntegerFormat():
            return (elements.to(torch.int32) & ((1 << element.bits) - 1)).to(torch.uint8)
        case CodebookFormat():
            entries, patterns = (torch.from_numpy(table).to(elements.device) for table in table_of(element))
            return patterns[torch.bucketize(elements, entries)]
        case _:
            return encode(elements.contiguous(), element)


@lru_cache(maxsize=256)
def table_of(element: CodebookFormat) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """The distinct entries of a table in increasing order, and the lowest pattern of each."""
    values = np.asarray(element.values, np.float32)
    entries = sorted_entries(element)
    return entries, np.array([np.flatnonzero(values == entry)[0] for entry in entries], np.uint8)
