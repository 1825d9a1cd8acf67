"""Numbers as the bit patterns that store them, and patterns put in by hand."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from makers.raw_safetensors import RawTensor

Words = NDArray[np.signedinteger | np.unsignedinteger]
"""Elements as the integers that their bits spell."""

Values = NDArray[np.float64]


def double(values: Values) -> Words:
    """The float64 values themselves."""
    return values.view(np.uint64)


def single(values: Values) -> Words:
    """The float32 nearest to each value."""
    return values.astype(np.float32).view(np.uint32)


def half(values: Values) -> Words:
    """The float16 nearest to each value."""
    return values.astype(np.float16).view(np.uint16)


def bfloat(values: Values) -> Words:
    """The bfloat16 nearest to each value, by way of float32."""
    words: Words = torch.from_numpy(values).to(torch.bfloat16).view(torch.uint16).numpy()
    return words


def float8(values: Values, dtype: torch.dtype) -> Words:
    """The number of an 8-bit float format nearest to each value, by way of float32."""
    words: Words = torch.from_numpy(values).to(dtype).view(torch.uint8).numpy()
    return words


def planted(words: Words, patterns: Sequence[int]) -> Words:
    """The words with `patterns` written over some of them, evenly spread."""
    sick = words.copy()
    places = (2 * np.arange(len(patterns)) + 1) * words.size // (2 * len(patterns))
    sick.flat[places] = patterns
    return sick


def stored(dtype: str, words: Words) -> RawTensor:
    """The words as a tensor of the safetensors type `dtype`."""
    return RawTensor(dtype, words.shape, words.tobytes())
