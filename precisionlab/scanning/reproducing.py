"""The command line that makes a report anew, on any machine that has the files."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

from precisionlab.analysis.options import OptionValue, option_values
from precisionlab.scanning.settings import Selected, Settings


def command_of(paths: Iterable[str], analyzers: Sequence[Selected], settings: Settings) -> tuple[str, ...]:
    """The words of `precisionlab scan` with all that decides what the report says; device, memory and threads do not.

    Options are told where they are not the default. Of an absolute path the last part is told.
    """
    return (
        *("precisionlab", "scan"),
        *(portable(path) for path in paths),
        *("--analyzers", ",".join(selected.analyzer.name for selected in analyzers)),
        *(word for selected in analyzers for word in option_words(selected)),
        *setting_words(settings),
    )


def portable(path: str) -> str:
    """A path as it is on every machine; one that would read as a flag begins with its folder."""
    place = PurePath(path)
    told = place.name if place.is_absolute() else place.as_posix()
    return f"./{told}" if told.startswith("-") else told


def option_words(selected: Selected) -> Iterator[str]:
    """The options of an analyzer that are not the default."""
    defaults = option_values(type(selected.options)())
    for name, value in option_values(selected.options).items():
        if value != defaults[name]:
            yield from ("--set", f"{selected.analyzer.name}.{name}={spelled(value)}")


def spelled(value: OptionValue) -> str:
    """An option's value as a flag takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def setting_words(settings: Settings) -> Iterator[str]:
    """Which tensors and rules, and which files beside."""
    for flag, globs in (("--include", settings.include), ("--exclude", settings.exclude)):
        for glob in globs:
            yield f"{flag}={glob}"
    for flag, codes in (("--select", settings.select), ("--ignore", settings.ignore)):
        if codes:
            yield from (flag, ",".join(codes))
    for role, path in settings.beside.items():
        yield from (f"--{role.value}", portable(path))
    if settings.checksum:
        yield "--checksum"
