"""Tensors of every kind as dense ones whose bytes can be read. Imports torch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch

from precisionlab.checkpoints.dtypes import DTYPE_BITS
from precisionlab.checkpoints.pytorch.child_sources import Source
from precisionlab.checkpoints.pytorch.child_tree import Leaf
from precisionlab.checkpoints.pytorch.exchange import MAX_DIMENSIONS

_PACKED_PAIRS = "float4_e2m1fn_x2"

_QUANTIZED: Mapping[str, torch.dtype] = MappingProxyType(
    {"torch.qint8": torch.int8, "torch.quint8": torch.uint8, "torch.qint32": torch.int32}
)
"""What the elements of quantized tensors are stored as; torch means to drop these dtypes one day."""

_COMPRESSED: Mapping[torch.layout, tuple[str, str]] = MappingProxyType(
    {
        torch.sparse_csr: ("crow_indices", "col_indices"),
        torch.sparse_bsr: ("crow_indices", "col_indices"),
        torch.sparse_csc: ("ccol_indices", "row_indices"),
        torch.sparse_bsc: ("ccol_indices", "row_indices"),
    }
)
"""The two kinds of indices of each compressed sparse layout."""


class UnfitError(Exception):
    """Why a tensor has no bytes to analyse: a clause that may be shown."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A dense tensor in memory or in a mapping, whose elements all lie inside its storage."""

    name: str
    tensor: torch.Tensor
    dtype: str
    """A key of `DTYPE_BITS`."""
    shape: tuple[int, ...]
    address: int
    """Where the first byte of the elements lies in memory."""
    end: int
    """The address behind their last byte."""
    n_bytes: int
    """Bytes of the elements, which may be fewer than lie between."""
    note: str


def pieces_of(leaf: Leaf, source: Source) -> Iterator[Piece | Leaf]:
    """The tensor itself, or the dense parts of a sparse or quantized one; or why not.

    Elements are not read; indices of sparse tensors are, to see that they are in range.
    """
    if leaf.tensor is None:
        yield leaf
        return
    try:
        # an instance may hide its own methods; what its class detaches has none but the class'
        yield from _pieces(leaf.name, torch.Tensor.detach(leaf.tensor), source)
    except UnfitError as error:
        yield Leaf(leaf.name, None, str(error))


def _pieces(name: str, tensor: torch.Tensor, source: Source) -> list[Piece]:
    if type(tensor) is not torch.Tensor or tensor.is_nested:
        raise UnfitError("is a nested tensor or another wrapper of tensors")
    if tensor.device.type != "cpu":
        raise UnfitError(f"is a tensor on the {tensor.device.type} device, whose values the file does not hold")
    if tensor.is_quantized:
        return _quantized_pieces(name, tensor)
    if tensor.layout is torch.sparse_coo:
        return _coordinate_pieces(name, tensor, source)
    if tensor.layout in _COMPRESSED:
        return _compressed_pieces(name, tensor, source)
    if tensor.layout is not torch.strided:
        raise UnfitError(f"has the unsupported layout {str(tensor.layout).removeprefix('torch.')}")
    return [_dense_piece(name, tensor, "")]


def _dense_piece(name: str, tensor: torch.Tensor, note: str) -> Piece:
    """The tensor as a piece, if its storage holds all that it claims; no element is touched to see that."""
    n_bytes, storage = tensor.numel() * tensor.element_size(), tensor.untyped_storage()
    held, span = storage.nbytes(), _span(tensor)
    start = int(tensor.storage_offset()) * tensor.element_size()
    if tensor.dim() > MAX_DIMENSIONS:
        raise UnfitError(f"has more than {MAX_DIMENSIONS} dimensions")
    if n_bytes > held:
        raise UnfitError(f"is a view that repeats elements: {n_bytes:,} bytes from {held:,} stored ones")
    if start + span > held or (n_bytes and not storage.data_ptr()):
        raise UnfitError("reaches beyond its storage")
    address = storage.data_ptr() + start
    return Piece(name, tensor, *_stored_as(tensor), address, address + span, n_bytes, note)


def _stored_as(tensor: torch.Tensor) -> tuple[str, tuple[int, ...]]:
    """Dtype and shape as we call them; pairs that torch packs into a byte count one by one."""
    torch_name, shape = str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape)
    if torch_name == _PACKED_PAIRS:
        return "float4_e2m1fn", (*shape[:-1], 2 * (shape[-1] if shape else 1))
    if torch_name not in DTYPE_BITS:
        raise UnfitError(f"has the unsupported dtype {torch_name}")
    return torch_name, shape


def _span(tensor: torch.Tensor) -> int:
    """Bytes from the first element's first to the last one's last."""
    if tensor.numel() == 0:
        return 0
    steps = sum((length - 1) * stride for length, stride in zip(tensor.shape, tensor.stride(), strict=True))
    return (int(steps) + 1) * tensor.element_size()


def _quantized_pieces(name: str, tensor: torch.Tensor) -> list[Piece]:
    """The stored integers, and the scales and zero points that give them meaning."""
    stored_as = _QUANTIZED.get(str(tensor.dtype))
    if stored_as is None:
        raise UnfitError(f"has the unsupported dtype {str(tensor.dtype).removeprefix('torch.')}")
    integers = torch.empty(0, dtype=stored_as).set_(
        tensor.untyped_storage(), tensor.storage_offset(), tensor.shape, tensor.stride()
    )
    per_tensor = str(tensor.qscheme()).startswith("torch.per_tensor")
    if per_tensor:
        scale = torch.tensor(tensor.q_scale(), dtype=torch.float64)
        zero_point = torch.tensor(tensor.q_zero_point(), dtype=torch.int64)
    else:
        scale, zero_point = tensor.q_per_channel_scales(), tensor.q_per_channel_zero_points()
    axis = "" if per_tensor else f", one for each index of axis {tensor.q_per_channel_axis()}"
    return [
        _dense_piece(f"{name}.int_repr", integers, "quantized: the value is scale * (int_repr - zero_point)"),
        _dense_piece(f"{name}.scale", scale, f"of a quantized tensor{axis}"),
        _dense_piece(f"{name}.zero_point", zero_point, f"of a quantized tensor{axis}"),
    ]


def _coordinate_pieces(name: str, tensor: torch.Tensor, source: Source) -> list[Piece]:
    indices, values = tensor._indices(), tensor._values()  # noqa: SLF001 (the public ones refuse uncoalesced tensors)
    note = _sparse_note(tensor)
    pieces = [_dense_piece(f"{name}.indices", indices, note), _dense_piece(f"{name}.values", values, note)]
    source.fetch(indices)
    try:
        torch.sparse_coo_tensor(indices, values, tensor.shape, check_invariants=True)
    except RuntimeError as error:
        raise UnfitError("is a sparse tensor whose indices do not fit its shape") from error
    return pieces


def _compressed_pieces(name: str, tensor: torch.Tensor, source: Source) -> list[Piece]:
    parts = {kind: getattr(tensor, kind)() for kind in (*_COMPRESSED[tensor.layout], "values")}
    note = _sparse_note(tensor)
    pieces = [_dense_piece(f"{name}.{kind}", part, note) for kind, part in parts.items()]
    compressed, plain, values = parts.values()
    source.fetch(compressed)
    source.fetch(plain)
    try:
        torch.sparse_compressed_tensor(
            compressed, plain, values, tensor.shape, layout=tensor.layout, check_invariants=True
        )
    except RuntimeError as error:
        raise UnfitError("is a sparse tensor whose indices do not fit its shape") from error
    return pieces


def _sparse_note(tensor: torch.Tensor) -> str:
    return f"of a {str(tensor.layout).removeprefix('torch.')} tensor of shape {tuple(tensor.shape)}"
