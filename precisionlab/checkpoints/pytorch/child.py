"""The process that reads PyTorch files: one request comes in, one answer goes to stdout. Imports torch.

Started by `pytorch` as a fresh interpreter, so that whatever a hostile file does to the
unpickler ends here. Nothing is ever loaded but with `weights_only=True`.
"""

import gc
import os
import pickle
import pickletools
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import starmap

import torch

from precisionlab.checkpoints.pytorch.child_pieces import Piece, pieces_of
from precisionlab.checkpoints.pytorch.child_sharing import find_owners
from precisionlab.checkpoints.pytorch.child_sources import Source, load
from precisionlab.checkpoints.pytorch.child_spill import SpillError, SpillFile
from precisionlab.checkpoints.pytorch.child_tree import Leaf, NamesTooLongError, distinct_names, list_leaves
from precisionlab.checkpoints.pytorch.exchange import Answer, Failure, Left, Placed, Request, decode_request, encode

_GLOBALS = (
    re.compile(r"GLOBAL (.+?) was not an allowed global by default", re.DOTALL),
    re.compile(r"unsupported GLOBAL (.+?) whose module .+? is blocked", re.DOTALL),
)
_IMPORT = re.compile(r"``(torch\.[\w.]+)``.* must be imported")
_INSTRUCTION = re.compile(r"Unsupported operand (\d+)")
"""How torch words what `weights_only` refuses; only the names in it go further."""

_INSTRUCTION_NAMES = {ord(instruction.code): instruction.name for instruction in pickletools.opcodes}


def main(fields: Mapping[str, object]) -> None:
    """Answer one request on stdout, which nobody else writes to meanwhile."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as stdout:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        torch.set_num_threads(1)
        gc.disable()  # a checkpoint is many small objects, and this process ends soon
        stdout.write(encode(answer(decode_request(fields))))


def answer(request: Request) -> Answer | Failure:
    """Where the tensors of the file lie, or why that cannot be said."""
    try:
        with load(request.path, request.access) as (loaded, source):
            return _describe(loaded, source, request)
    except pickle.UnpicklingError as error:
        return _refusal(str(error))
    except NamesTooLongError:
        return Failure("names")
    except SpillError as error:
        return Failure("spill", str(error))
    except MemoryError:
        return Failure("memory")
    except Exception as error:  # noqa: BLE001 (a damaged file makes torch raise nearly anything)
        return Failure("damaged", type(error).__name__)


def _refusal(message: str) -> Failure:
    for pattern in _GLOBALS:
        if found := pattern.search(message):
            return Failure("global", found[1] if "." in found[1] else f"builtins.{found[1]}")
    if found := _IMPORT.search(message):
        return Failure("import", found[1])
    if found := _INSTRUCTION.search(message):
        name = _INSTRUCTION_NAMES.get(int(found[1]))
        return Failure("instruction", name) if name else Failure("damaged", "UnpicklingError")
    return Failure("refused")


def _describe(loaded: object, source: Source, request: Request) -> Answer:
    found = [part for leaf in list_leaves(loaded, request.stem) for part in pieces_of(leaf, source)]
    pieces = _with_distinct_names([part for part in found if isinstance(part, Piece)])
    left = [Left(part.name, part.reason) for part in found if isinstance(part, Leaf)]
    with SpillFile(request.spill, request.spill_limit) as spill:
        placed = [_place(piece, source, spill) for piece in pieces]
    return Answer(
        tuple(_owned(placed, find_owners(pieces))),
        (*left, *(entry for entry in placed if isinstance(entry, Left))),
    )


def _with_distinct_names(pieces: Sequence[Piece]) -> list[Piece]:
    names = distinct_names(piece.name for piece in pieces)
    return list(starmap(_renamed, zip(pieces, names, strict=True)))


def _renamed(piece: Piece, name: str) -> Piece:
    return piece if piece.name == name else replace(piece, name=name)


def _place(piece: Piece, source: Source, spill: SpillFile) -> Placed | Left:
    """Where the bytes lie row-major and little-endian: in the checkpoint, or else from now on in the spill."""
    if piece.n_bytes == 0:
        return _placed(piece, spilled=False, offset=0, extent=None)
    begin = source.offset_of(piece.address, piece.end - piece.address)
    extent = None if begin is None else (begin, begin + piece.end - piece.address)
    if begin is not None and not _is_rearranged(piece.tensor):
        return _placed(piece, spilled=False, offset=begin, extent=extent)
    if not spill.has_room(piece.n_bytes):
        return Left(piece.name, f"needs a temporary copy of {piece.n_bytes:,} bytes, more than the whole file warrants")
    source.fetch(piece.tensor)
    return _placed(piece, spilled=True, offset=spill.write(piece.tensor), extent=extent)


def _is_rearranged(tensor: torch.Tensor) -> bool:
    return not tensor.is_contiguous() or tensor.is_conj() or tensor.is_neg()


def _placed(piece: Piece, *, spilled: bool, offset: int, extent: tuple[int, int] | None) -> Placed:
    return Placed(
        name=piece.name,
        dtype=piece.dtype,
        shape=piece.shape,
        spilled=spilled,
        offset=offset,
        length=piece.n_bytes,
        extent=extent,
        owner=None,
        note="; ".join(filter(None, (piece.note, *_rearrangements(piece.tensor)))),
    )


def _rearrangements(tensor: torch.Tensor) -> Iterator[str]:
    """How the row-major bytes differ from those of the file."""
    if not tensor.is_contiguous():
        yield f"stored with strides {tuple(tensor.stride())}, row-major here"
    if tensor.is_conj():
        yield "stored conjugated, resolved here"
    if tensor.is_neg():
        yield "stored negated, resolved here"


def _owned(placed: Sequence[Placed | Left], owners: Mapping[int, int]) -> Iterator[Placed]:
    for index, entry in enumerate(placed):
        owner = placed[owners[index]] if index in owners else None
        if isinstance(entry, Placed):
            yield replace(entry, owner=owner.name) if isinstance(owner, Placed) else entry
