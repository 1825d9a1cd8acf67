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
TEXTS = ("device", "fail-on", "memory")
INTEGERS = ("threads",)
KEYS = (*TEXT_LISTS, *TEXTS, *INTEGERS)

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
        if own.is_file():
            return read_configuration(own)
        if shared.is_file():
            table = tables_of(shared).get("tool", {}).get("precisionlab")
            if table is not None:
                return configuration_of(shared, table)
    return Configuration()


def read_configuration(path: Path) -> Configuration:
    """The configuration in a file: the whole of it, or its `[tool.precisionlab]` where that is its name's custom.

    Raises:
        UsageError: as for `find_configuration`, and where the file cannot be read.
    """
    tables = tables_of(path)
    table = tables.get("tool", {}).get("precisionlab", {}) if path.name == SHARED_FILE else tables
    return configuration_of(path, table)


def tables_of(path: Path) -> dict[str, Any]:
    """The TOML document.

    Raises:
        UsageError: it cannot be read or does not parse.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(str(path), f"cannot be read ({(error.strerror or 'unknown cause').lower()})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(str(path), f"is not valid TOML ({printable(str(error))})") from error


def configuration_of(path: Path, table: object) -> Configuration:
    """Check keys and types; options of analyzers are checked when the analyzers are loaded.

    Raises:
        UsageError: an unknown key (the nearest is suggested), or a value of a wrong type.
    """
    if not isinstance(table, dict):
        raise UsageError(str(path), "tool.precisionlab is no table")
    options = {key: value for key, value in table.items() if isinstance(value, dict)}
    values = {key.replace("_", "-"): value for key, value in table.items() if key not in options}
    for key, value in values.items():
        if key not in KEYS:
            raise UsageError(str(path), f"there is no key {printable(key)}", nearest(key, dict.fromkeys(KEYS)))
        check_value(path, key, value)
    return Configuration(path, MappingProxyType(values), MappingProxyType(options))


def check_value(path: Path, key: str, value: object) -> None:
    """Raise a UsageError unless the value is of the key's type."""
    if key in TEXT_LISTS and not (isinstance(value, list) and all(isinstance(entry, str) for entry in value)):
        raise UsageError(str(path), f"{key} takes a list of texts")
    if key in INTEGERS and type(value) is not int:
        raise UsageError(str(path), f"{key} takes a whole number")
    if key in TEXTS and not isinstance(value, str):
        raise UsageError(str(path), f"{key} takes a text")
