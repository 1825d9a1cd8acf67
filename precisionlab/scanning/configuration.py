"""Configuration files: `precisionlab.toml`, or `[tool.precisionlab]` in `pyproject.toml`."""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from precisionlab.errors import UsageError
from precisionlab.scanning.configuration_keys import AT_TOP, TABLES
from precisionlab.scanning.configuration_values import command_values, top_values
from precisionlab.scanning.keys import Key
from precisionlab.scanning.toml_files import tables_of

OWN_FILE, SHARED_FILE = "precisionlab.toml", "pyproject.toml"
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Entry:
    """What the file says of one key."""

    value: Any
    """As TOML has it."""
    place: str
    """`threads`, or `recipe.threads` where it stands in a table."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a configuration file says; all of it may be overruled by flags."""

    path: Path | None = None
    """The file; None where there is none."""
    values: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """At the top, by key."""
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: NOTHING)
    """By command and key."""
    options: Mapping[str, Mapping[str, object]] = field(default_factory=lambda: NOTHING)
    """By analyzer and option."""

    def entry(self, command: str, key: str) -> Entry | None:
        """What holds for a command: its table comes before the top; None where neither has the key."""
        table = self.tables.get(command, NOTHING)
        if key in table:
            return Entry(table[key], f"{command}.{key}")
        is_shared = key in AT_TOP and command in AT_TOP[key].commands
        return Entry(self.values[key], key) if is_shared and key in self.values else None

    def where(self, place: str) -> str:
        """The file and a place in it, as errors name them."""
        return f"{self.path}: {place}"

    def value_of(self, key: Key, value: Any) -> Any:  # noqa: ANN401 - as TOML has it
        """What the file says of a key, paths seen from the current folder."""
        if not key.kind.is_path:
            return value
        return [self.located(text) for text in value] if isinstance(value, list) else self.located(value)

    def located(self, path: str) -> str:
        """A path that the file names, seen from the current folder; relative ones begin at the file's folder."""
        home = os.path.expanduser(path)  # noqa: PTH111 - as it is where there is no such user
        if self.path is None or not path or Path(home).is_absolute():
            return home
        try:
            return os.path.relpath(self.path.parent / home)
        except (OSError, ValueError):  # the current folder is gone, or on another drive
            return str(self.path.parent / home)


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
        UsageError: the file cannot be read, is too long or does not parse.
    """
    tools = tables_of(path).get("tool")
    return tools.get("precisionlab") if isinstance(tools, dict) else None


def configuration_of(path: Path, table: object) -> Configuration:
    """Check keys and values: those at the top, then those of commands. Options are checked when analyzers are loaded.

    Raises:
        UsageError: an unknown key or table (the nearest is suggested), or a wrong value.
    """
    if not isinstance(table, dict):
        raise UsageError(str(path), "its tool.precisionlab is not a table")
    analyzers = analyzers_for(table)
    options = {name: value for name, value in table.items() if isinstance(value, dict) and name in analyzers}
    others = {name: value for name, value in table.items() if name not in {*options, *TABLES}}
    values = top_values(path, others, analyzers)
    tables = {name: command_values(path, name, value) for name, value in table.items() if name in TABLES}
    return Configuration(path, *map(MappingProxyType, (values, tables, options)))


def analyzers_for(table: Mapping[str, object]) -> Collection[str]:
    """The names of the installed analyzers, if some table may be named after one."""
    if not any(isinstance(value, dict) and name not in TABLES for name, value in table.items()):
        return ()
    from precisionlab.scanning.discovery import analyzer_entry_points  # noqa: PLC0415 - with it comes numpy

    return analyzer_entry_points().keys() - {*TABLES}
