"""Configuration files: `precisionlab.toml`, or `[tool.precisionlab]` in `pyproject.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from precisionlab.analysis.options import nearest
from precisionlab.errors import UsageError
from precisionlab.escaping import printable

OWN_FILE, SHARED_FILE = "precisionlab.toml", "pyproject.toml"
TEXT_LISTS = ("analyzers", "include", "exclude", "select", "ignore")
TEXTS = ("device", "fail-on", "memory", "sensitivity", "calibration", "against")
INTEGERS = ("threads",)
KEYS = (*TEXT_LISTS, *TEXTS, *INTEGERS)

EXAMPLES = {
    "analyzers": '["range"]',
    "include": '["*.weight"]',
    "exclude": '["*.bias"]',
    "select": '["PL00"]',
    "ignore": '["PL012"]',
    "device": '"auto"',
    "fail-on": '"warning"',
    "memory": '"2GiB"',
    "sensitivity": '"fisher.safetensors"',
    "calibration": '"activations.safetensors"',
    "against": '"base.safetensors"',
}

MAX_BYTES = 1 << 20
"""Longest configuration file that is read: one by mistake may be anything."""

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a configuration file says; all of it may be overruled by flags."""

    path: Path | None = None
    """The file; None where there is none."""
    values: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """By key of `KEYS`."""
    options: Mapping[str, Mapping[str, object]] = field(default_factory=lambda: NOTHING)
    """By analyzer and option."""


def find_configuration(start: Path) -> Configuration:
    """The configuration in the nearest folder, from `start` upwards, that has one; an empty one without.

    In one folder `precisionlab.toml` comes before `pyproject.toml`, which counts only if it has the table.

    Raises:
        UsageError: the file does not parse, or has a key or value that it must not have.
    """
    for folder in (start, *start.parents):
        own, shared = folder / OWN_FILE, folder / SHARED_FILE
        if is_file(own):
            return read_configuration(own)
        if is_file(shared):
            table = shared_table(shared)
            if table is not None:
                return configuration_of(shared, table)
    return Configuration()


def is_file(path: Path) -> bool:
    """Whether there is such a file; not where the folder may not be looked into."""
    try:
        return path.is_file()
    except OSError:
        return False


def read_configuration(path: Path) -> Configuration:
    """The configuration in a file that was named: the whole of it, or its table where it is a `pyproject.toml`.

    Raises:
        UsageError: as for `find_configuration`, and where the file cannot be read or lacks the table.
    """
    table = shared_table(path) if path.name == SHARED_FILE else tables_of(path)
    if table is None:
        raise UsageError(str(path), "has no table [tool.precisionlab]")
    return configuration_of(path, table)


def shared_table(path: Path) -> object:
    """`[tool.precisionlab]` of a `pyproject.toml`; None where there is none.

    Raises:
        UsageError: as for `tables_of`.
    """
    tools = tables_of(path).get("tool")
    return tools.get("precisionlab") if isinstance(tools, dict) else None


def tables_of(path: Path) -> dict[str, Any]:
    """The TOML document.

    Raises:
        UsageError: it cannot be read, is too long or does not parse.
    """
    content = content_of(path)
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise UsageError(str(path), "is not valid TOML (not UTF-8)") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(str(path), f"is not valid TOML ({printable(str(error))})") from error
    except RecursionError as error:
        raise UsageError(str(path), "is nested too deeply for a configuration") from error


def content_of(path: Path) -> bytes:
    """What the file holds.

    Raises:
        UsageError: it cannot be read, or is too long.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(str(path), f"cannot be read ({(error.strerror or 'unknown cause').lower()})") from error
    if len(content) > MAX_BYTES:
        raise UsageError(str(path), f"is too long for a configuration: more than {MAX_BYTES:,} bytes")
    return content


def configuration_of(path: Path, table: object) -> Configuration:
    """Check keys and types; options of analyzers are checked when the analyzers are loaded.

    Raises:
        UsageError: an unknown key (the nearest is suggested), or a value of a wrong type.
    """
    if not isinstance(table, dict):
        raise UsageError(str(path), "its tool.precisionlab is not a table")
    named = {key.replace("_", "-"): value for key, value in table.items()}
    values = {key: value for key, value in named.items() if key in KEYS or not isinstance(value, dict)}
    options = {key: value for key, value in table.items() if key.replace("_", "-") not in values}
    for key, value in values.items():
        if key not in KEYS:
            raise UsageError(str(path), f"there is no key {printable(key, 60)}", nearest(key, dict.fromkeys(KEYS)))
        check_value(path, key, value)
    return Configuration(path, MappingProxyType(values), MappingProxyType(options))


def check_value(path: Path, key: str, value: object) -> None:
    """Raise a UsageError unless the value is of the key's type."""
    if key in TEXT_LISTS and not (isinstance(value, list) and all(isinstance(entry, str) for entry in value)):
        raise wrong_type(path, key, f"a list of texts, such as {EXAMPLES[key]}", value)
    if key in INTEGERS and type(value) is not int:
        raise wrong_type(path, key, "a whole number", value)
    if key in TEXTS and not isinstance(value, str):
        raise wrong_type(path, key, f"a text, such as {EXAMPLES[key]}", value)


def wrong_type(path: Path, key: str, accepted: str, value: object) -> UsageError:
    """The error for a value of another type."""
    return UsageError(f"{path}: {key}", f"takes {accepted}, not {printable(repr(value), 60)}")
