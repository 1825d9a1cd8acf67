"""Values as TOML has them."""

import json
from collections.abc import Sequence


def spelled(value: object) -> str:
    """A text, number, truth value or list of those, which a TOML reader takes for the same.

    Raises:
        TypeError: it is something else.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Sequence):
        return f"[{', '.join(map(spelled, value))}]"
    raise TypeError(type(value))


def quoted(text: str) -> str:
    """A basic string: the escapes of JSON are among TOML's, but that DEL needs one, and lone surrogates have none."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
