"""Parse a JSON object as strictly as the headers of checkpoints ask for."""

import json
import math
from collections import Counter
from typing import Any, NoReturn

from precisionlab.escaping import printable

MAX_DEPTH = 127
"""Deepest nesting that is taken, as in the JSON parser of the safetensors reference."""


class JsonError(Exception):
    """Why a text is no acceptable JSON object: a clause that may be shown."""


def parse_object(text: bytes | bytearray) -> dict[str, object]:
    """The object that the text holds.

    Raises:
        JsonError: it is not UTF-8, not JSON (`NaN`, infinite numbers and lone surrogates
            are not), not an object, nested too deep, or names a key twice.
    """
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JsonError(f"is not UTF-8 at byte {error.start:,}") from error
    parsed = _parse(decoded)
    if not isinstance(parsed, dict):
        raise JsonError("is not a JSON object")
    _refuse_deep(parsed)
    if "\\u" in decoded:
        _refuse_lone_surrogates(parsed)
    return parsed


def _parse(text: str) -> object:
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_integer if "-0" in text else None,
        )
    except json.JSONDecodeError as error:
        raise JsonError(f"is not valid JSON at character {error.pos:,}") from error
    except RecursionError as error:
        raise JsonError("is nested too deep") from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise JsonError("holds a number with too many digits") from error


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise JsonError(f"names the key {printable(twice)} twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise JsonError(f"holds {name}, which is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise JsonError("holds a number out of range")
    return number


def _integer(digits: str) -> int | float:
    """The number; `-0` is no integer, which has one zero only."""
    return -0.0 if digits == "-0" else int(digits)


def _refuse_deep(parsed: dict[str, object]) -> None:
    level: list[Any] = [parsed]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for container in level
            for child in (container.values() if type(container) is dict else container)
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return
    raise JsonError("is nested too deep")


def _refuse_lone_surrogates(parsed: object) -> None:
    try:
        json.dumps(parsed, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise JsonError("holds half a surrogate pair, which is no character") from error
