"""The keys of the configuration as tables in Markdown, for the documentation."""

from collections.abc import Iterable, Iterator

from precisionlab.scanning.configuration_keys import OWN, SHARED
from precisionlab.scanning.keys import Key
from precisionlab.scanning.toml_values import spelled

SHARED_HEAD = """\
| key | what | takes | default | commands |
| --- | --- | --- | --- | --- |"""
OWN_HEAD = """\
| key | what | takes | default |
| --- | --- | --- | --- |"""


def shared_keys() -> str:
    """Those that may stand at the top."""
    rows = (f"{row(key.name, key)} {', '.join(key.commands)} |" for key in SHARED)
    return "\n".join((SHARED_HEAD, *rows))


def own_keys() -> str:
    """Those that stand in the table of a command."""
    return "\n".join((OWN_HEAD, *own_rows()))


def own_rows() -> Iterator[str]:
    """A row for each, command by command."""
    for command, keys in OWN.items():
        yield from (row(f"{command}.{key.name}", key) for key in keys)


def row(name: str, key: Key) -> str:
    """The cells that both tables have."""
    default = key.unset if key.default is None else f"`{spelled(key.default)}`"
    return cells((f"`{name}`", key.help_text, key.accepts, default))


def cells(texts: Iterable[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(text.replace('|', chr(92) + '|') for text in texts)} |"
