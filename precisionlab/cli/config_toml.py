"""A configuration file with every key: those that are set, and the others behind a #."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from precisionlab.cli.effective import Setting, Source
from precisionlab.escaping import printable
from precisionlab.scanning.toml_values import quoted, spelled

HEAD = """\
# precisionlab.toml: what holds where no flag says otherwise. In a pyproject.toml
# the keys stand under [tool.precisionlab], a table under [tool.precisionlab.NAME].
# Lines that begin with # and a name are defaults, or examples where there is none."""
OBVIOUS = frozenset(
    {"a text", "a path", "a list of texts", "a list of names", "a list of paths", "texts", "true or false"}
)
"""What the value that stands there tells as well."""
BARE = re.compile(r"[A-Za-z0-9_-]+")


def rendered(settings: Iterable[Setting]) -> str:
    """The file, in which only what came from a file is in force.

    Settings of one table follow one another; those at the top come first.
    """
    return "\n".join((HEAD, *(line for table, of in groupby(settings, table_of) for line in section(table, of)))) + "\n"


def table_of(setting: Setting) -> str:
    """The table in which it stands."""
    return setting.table


def section(table: str, settings: Iterable[Setting]) -> Iterator[str]:
    """The heading of a table, and its keys."""
    yield ""
    if table:
        yield f"[{table if BARE.fullmatch(table) else quoted(table)}]"
    for setting in settings:
        yield from entry(setting)


def entry(setting: Setting) -> Iterator[str]:
    """What a key is for, and its value."""
    default = f"default: {setting.unset}" if setting.default is None and setting.unset != "none" else ""
    takes = "" if setting.accepts in OBVIOUS else setting.accepts
    yield f"# {printable('; '.join(filter(None, (setting.help_text, takes, default))), 1000)}"
    is_set = setting.source is Source.FILE
    value = setting.value if is_set else setting.default
    yield f"{'' if is_set else '#'}{setting.name} = {spelled(setting.example if value is None else value)}"
