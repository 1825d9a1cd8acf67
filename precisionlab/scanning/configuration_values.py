"""Keys and values of a configuration file, checked: each mistake is answered with what is right, or nearest."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from precisionlab.analysis.options import nearest
from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.scanning.configuration_keys import AT_TOP, OWN, TABLES, keys_of
from precisionlab.scanning.keys import Key
from precisionlab.scanning.toml_values import spelled


def dashed(name: str) -> str:
    """A key as flags are written; with underscores it is the same."""
    return name.replace("_", "-")


def top_values(path: Path, table: Mapping[str, object], analyzers: Collection[str]) -> dict[str, Any]:
    """The values at the top, by key; `table` is without what is named after commands and analyzers.

    Raises:
        UsageError: an unknown key or table, or a wrong value.
    """
    for name, value in table.items():
        if name == "tool":
            raise UsageError(f"{path}: tool", "stands in a pyproject.toml alone", "leave out tool.precisionlab here")
        if isinstance(value, dict) and dashed(name) not in AT_TOP:
            remedy = nearest(name, dict.fromkeys((*analyzers, *TABLES)))
            raise UsageError(f"{path}: {printable(name, 60)}", "there is no such analyzer or command", remedy)
    return checked_values(path, "", AT_TOP, table)


def command_values(path: Path, command: str, table: object) -> dict[str, Any]:
    """The values in the table of a command, by key.

    Raises:
        UsageError: it is no table, or has an unknown key, a wrong value, or two keys that exclude one another.
    """
    if not isinstance(table, dict):
        raise UsageError(f"{path}: {command}", f"is a table of keys, not {printable(repr(table), 60)}")
    keys = keys_of(command)
    values = checked_values(path, command, keys, table)
    groups: dict[str, str] = {}
    for name in values:
        group = keys[name].group
        if group and groups.setdefault(group, name) != name:
            raise UsageError(f"{path}: {command}.{name}", f"does not go with {command}.{groups[group]}")
    return values


def checked_values(path: Path, command: str, keys: Mapping[str, Key], table: Mapping[str, object]) -> dict[str, Any]:
    """The values by key; `command` is empty for those at the top.

    Raises:
        UsageError: an unknown key, a wrong value, or a key in both spellings.
    """
    values: dict[str, Any] = {}
    for name, value in ((dashed(name), value) for name, value in table.items()):
        place = f"{command}.{name}" if command else name
        if name not in keys:
            remedy = next((f"did you mean {other}?" for other in elsewhere(command, name)), nearest(name, keys))
            raise UsageError(str(path), f"there is no key {printable(place, 60)}", remedy)
        if name in values:
            raise UsageError(f"{path}: {place}", "is there twice, with a dash and with an underscore")
        check(f"{path}: {place}", keys[name], value)
        values[name] = value
    return values


def elsewhere(command: str, name: str) -> Iterator[str]:
    """The other places in which there is a key of that name."""
    if command and name in AT_TOP:
        yield f"{name}, outside of [{command}]"
    yield from (f"{other}.{name}" for other, keys in OWN.items() if name in {key.name for key in keys})


def check(where: str, key: Key, value: object) -> None:
    """See that the key takes the value.

    Raises:
        UsageError: it is of another type, or none that the key takes.
    """
    if not key.kind.holds(value):
        accepted = f"{key.kind.type_name}, such as {spelled(key.example)}"
        raise UsageError(where, f"takes {accepted}, not {printable(repr(value), 60)}")
    if not key.admits(value):
        raise UsageError(where, f"takes {key.accepts}, not {printable(str(value), 60) or 'nothing'}")
