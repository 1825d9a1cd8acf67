"""Quantize tensors to a block format and back: one way for every format, on any device.

A tensor is walked in pieces that stay in the caches: the extremes of each block, from them its
scale (or by a fit), the scale as it is stored, and then every element. Where all blocks share
something (a scale for the whole tensor) the first step goes over the tensor before the others.
"""

from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from precisionlab.errors import UsageError
from precisionlab.formats.arrays import float_type_of, is_numpy
from precisionlab.formats.blocks import accelerator
from precisionlab.formats.blocks.element_codes import codes_of
from precisionlab.formats.blocks.records import BlockFormat, matrix_shape
from precisionlab.formats.blocks.stored_scales import StoredScales
from precisionlab.formats.blocks.tiling import pieces
from precisionlab.formats.blocks.work import Stored, Work, as_elements, cut, padded_matrix, steps_of, worth_of_blocks
from precisionlab.formats.finding import formats
from precisionlab.formats.patterns import decode_all

Array = TypeVar("Array", bound="NDArray[Any] | Tensor")


@dataclass(frozen=True, slots=True)
class Quantized:
    """A tensor in a block format, its parts not packed."""

    format: BlockFormat
    codes: Tensor
    """One pattern of the element format for each element, in the tensor's shape; uint8."""
    scales: StoredScales
    """[blocks down, across] over the tensor as a matrix of its first axis by all others."""
    minima: StoredScales | None = None
    zero_points: Tensor | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the tensor."""
        return tuple(self.codes.shape)

    @property
    def bits(self) -> int:
        """What elements and scales take together, packed."""
        return self.format.stored_bits(self.shape)


def fake_quantize(values: Array, format_: BlockFormat | str) -> Array:
    """What the elements stand for after quantization, in binary32, of the same shape and on the same device.

    Args:
        values: numpy array or torch tensor of float16, bfloat16, float32 or float64 (which is rounded to float32
            first, as runtimes do); gradients do not pass.
        format_: a block format, or its name.

    Raises:
        FormatError: NaN or infinity, since a block that holds one has no scale; or there is no such format.
        UsageError: the values are no floats.
    """
    work = Work(as_tensor(values), resolved(format_))
    out = work.empty(torch.float32)
    for region in work.regions():
        steps = steps_of(work.stored(region), work.format)
        for piece in work.pieces(region):
            work.quantize(piece, region, steps, piece.of(out))
    result = work.unpadded(out)
    return cast("Array", result.numpy() if is_numpy(values) else result)


def quantize(values: "NDArray[Any] | Tensor", format_: BlockFormat | str) -> Quantized:
    """The codes and scales of an array, as torch tensors on its device. Arguments are those of `fake_quantize`.

    Raises:
        FormatError: NaN or infinity, since a block that holds one has no scale; or there is no such format.
        UsageError: the values are no floats.
    """
    work = Work(as_tensor(values), resolved(format_))
    codes = work.empty(torch.uint8)
    parts: list[Stored] = []
    for region in work.regions():
        found = work.stored(region)
        steps = as_elements(steps_of(found, work.format))
        for piece in work.pieces(region):
            elements = torch.empty(piece.of(codes).shape, dtype=torch.float32, device=codes.device)
            work.quantize(piece, region, steps, elements)
            piece.of(codes).copy_(codes_of(elements, work.format))
        parts.append(found)
    return assembled(work.unpadded(codes), parts, work.format)


def dequantize(quantized: Quantized) -> Tensor:
    """What codes and scales stand for, in binary32.

    Raises:
        UsageError: it is nothing that `quantize` returned.
    """
    if not isinstance(quantized, Quantized):
        raise UsageError(type(quantized).__name__, "is no quantized tensor", "give what quantize returned")
    format_, codes = quantized.format, quantized.codes
    matrix, tiling = padded_matrix(codes, format_)
    worth = worth_of_blocks(quantized.scales, quantized.minima, quantized.zero_points, format_).on_grid(tiling.grid)
    table = torch.from_numpy(decode_all(format_.element).astype(np.float32)).to(codes.device)
    values = torch.empty(matrix.shape, dtype=torch.float32, device=codes.device)
    for piece in pieces(tiling):
        elements = table[piece.of(matrix).to(torch.int64)]
        piece.of(values).copy_(accelerator.worth_of(elements, piece.shape, worth.part(*piece.blocks)))
    return cut(values, tuple(codes.shape), format_)


def resolved(format_: BlockFormat | str) -> BlockFormat:
    """The block format of a name.

    Raises:
        FormatError: there is none.
    """
    return format_ if isinstance(format_, BlockFormat) else formats.block(name_of(format_))


def name_of(format_: object) -> str:
    """What a format, or what stands for one, is called."""
    return format_ if isinstance(format_, str) else str(getattr(format_, "name", format_))


def as_tensor(values: object) -> Tensor:
    """An array as a tensor, in the same memory where its byte order allows.

    Raises:
        UsageError: it is no array, or of another type.
    """
    name = float_type_of(values)
    if isinstance(values, Tensor):
        return values
    array = np.asarray(values)
    array = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="), copy=False)).reshape(array.shape)
    if name == "bfloat16":  # ml_dtypes' own, which torch does not know
        return torch.from_numpy(np.asarray(Lent(array.view(np.int16)))).view(torch.bfloat16)
    return torch.from_numpy(np.asarray(Lent(array)))


class Lent:
    """An array in the same memory that counts as writable, since torch knows no others; nothing writes to it."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array
        self.__array_interface__ = {**array.__array_interface__, "data": (array.ctypes.data, False)}


def assembled(codes: Tensor, parts: list[Stored], format_: BlockFormat) -> Quantized:
    """Codes with the scales of all regions, in the grid of the tensor as a matrix."""
    n_rows, n_columns = matrix_shape(tuple(codes.shape), is_flat=format_.extent.is_flat)
    grid = format_.extent.grid(n_rows, n_columns + -n_columns % format_.padding)
    zero_points = [part.scales.zero_point for part in parts if part.scales.zero_point is not None]
    minima = [part.minima for part in parts if part.minima is not None]
    return Quantized(
        format_,
        codes,
        joined([part.stored for part in parts], grid, codes.device),
        joined(minima, grid, codes.device) if format_.minimum else None,
        together(zero_points, grid, codes.device) if format_.zero_point else None,
    )


def joined(parts: list[StoredScales], grid: tuple[int, int], device: torch.device) -> StoredScales:
    """The stored scales of all regions."""
    outers = [part.outer for part in parts if part.outer is not None]
    return StoredScales(
        together([part.numbers for part in parts], grid, device),
        torch.cat(outers) if outers else None,
        parts[0].mean if parts else None,
    )


def together(parts: list[Tensor], grid: tuple[int, int], device: torch.device) -> Tensor:
    """The blocks of all regions, which follow one another in rows."""
    if not parts:
        return torch.zeros(grid, dtype=torch.float32, device=device)
    return torch.cat([part.reshape(-1) for part in parts]).view(grid)
