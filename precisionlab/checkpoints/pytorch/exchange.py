"""What the process that reads PyTorch files is asked, and what it answers: JSON, checked on arrival."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, cast, get_args

from precisionlab.checkpoints.dtypes import DTYPE_BITS, stored_bytes

Access = Literal["mapped", "inflated", "stream"]
"""How a file is read: a zip archive that is mapped, one to be uncompressed, or a legacy stream."""

Cause = Literal["global", "instruction", "import", "refused", "damaged", "memory", "spill", "names"]
"""Why a file could not be read; each has its sentence in `pytorch`."""

MAX_INTEGER = 2**63 - 1

MAX_DIMENSIONS = 64
"""Most dimensions of a tensor, as in NumPy."""


class ExchangeError(Exception):
    """An answer that is none: a clause that may be shown."""


@dataclass(frozen=True, slots=True)
class Request:
    """One file to read."""

    path: str
    access: Access
    stem: str
    """The name of a tensor that is all the file holds."""
    spill: str
    """The file to write what cannot be read in place; it does not exist yet."""
    spill_limit: int
    """Bytes that may be written there."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One tensor, and where its bytes lie: little-endian and row-major."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    spilled: bool
    """Whether `offset` counts in the spill file, not in the checkpoint."""
    offset: int
    length: int
    extent: tuple[int, int] | None
    """The first byte of the checkpoint that it takes, and the one behind the last, if it is known."""
    owner: str | None
    """The tensor of whose bytes this one is another view."""
    note: str


@dataclass(frozen=True, slots=True)
class Left:
    """Something that was left out, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """All that a file holds."""

    tensors: tuple[Placed, ...]
    left: tuple[Left, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a file could not be read."""

    cause: Cause
    name: str = ""
    """The global, instruction or exception concerned, as the file or torch call it."""


def encode(record: Request | Answer | Failure) -> bytes:
    """The record as ASCII JSON; half surrogate pairs in names survive it."""
    return json.dumps(record, default=_fields).encode("ascii")


def _fields(record: Request | Answer | Failure | Placed | Left) -> dict[str, object]:
    """The record's own fields, as they are (`asdict` would copy each deeply)."""
    return {field.name: getattr(record, field.name) for field in fields(record)}


def decode_request(given: Mapping[str, object]) -> Request:
    """The request whose fields came from our own parent process."""
    return Request(**given)  # type: ignore[arg-type]


def decode_answer(text: bytes) -> Answer | Failure:
    """The answer, each field of the right type and each number in its range.

    Raises:
        ExchangeError: it is not JSON, or not of that form.
    """
    try:
        given = _object(json.loads(text))
        if "cause" in given:
            return Failure(_cause(given["cause"]), _text(given["name"]))
        answer = Answer(
            tuple(_placed(_object(entry)) for entry in _list(given["tensors"])),
            tuple(_left(_object(entry)) for entry in _list(given["left"])),
        )
    except (ValueError, KeyError, RecursionError) as error:
        raise ExchangeError("is not of the agreed form") from error
    _refuse_inconsistent_names(answer)
    return answer


def _placed(given: Mapping[str, object]) -> Placed:
    placed = Placed(
        name=_text(given["name"]),
        dtype=_text(given["dtype"]),
        shape=_shape(given["shape"]),
        spilled=given["spilled"] is True,
        offset=_natural(given["offset"]),
        length=_natural(given["length"]),
        extent=_extent(given["extent"]),
        owner=None if given["owner"] is None else _text(given["owner"]),
        note=_text(given["note"]),
    )
    _refuse_contradiction(placed)
    return placed


def _refuse_contradiction(placed: Placed) -> None:
    if placed.dtype not in DTYPE_BITS or stored_bytes(placed.dtype, math.prod(placed.shape)) != placed.length:
        raise ExchangeError("gives a tensor another length than its dtype and shape")
    in_place = (placed.offset, placed.offset + placed.length)
    if not placed.spilled and placed.length and placed.extent != in_place:
        raise ExchangeError("places a tensor where it does not lie")


def _refuse_inconsistent_names(answer: Answer) -> None:
    names = {placed.name for placed in answer.tensors}
    owners = {placed.owner for placed in answer.tensors if placed.owner is not None}
    if len(names) != len(answer.tensors) or not owners <= names:
        raise ExchangeError("names a tensor twice, or one that there is not")


def _left(given: Mapping[str, object]) -> Left:
    return Left(_text(given["name"]), _text(given["reason"]))


def _object(value: object) -> dict[str, object]:
    if type(value) is not dict:
        raise ValueError("no object")
    return value


def _list(value: object) -> list[object]:
    if type(value) is not list:
        raise ValueError("no list")
    return value


def _text(value: object) -> str:
    if type(value) is not str:
        raise ValueError("no text")
    return value


def _natural(value: object) -> int:
    if type(value) is not int or not 0 <= value <= MAX_INTEGER:
        raise ValueError("no natural number")
    return value


def _shape(value: object) -> tuple[int, ...]:
    lengths = _list(value)
    if len(lengths) > MAX_DIMENSIONS:
        raise ValueError("too many dimensions")
    return tuple(_natural(length) for length in lengths)


def _extent(value: object) -> tuple[int, int] | None:
    if value is None:
        return None
    begin, end = _list(value)
    return _natural(begin), _natural(end)


def _cause(value: object) -> Cause:
    if value not in get_args(Cause):
        raise ValueError("no known cause")
    return cast(Cause, value)
