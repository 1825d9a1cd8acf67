"""The command line that makes a report anew, on any machine that has the files."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath

from precisionlab.analysis.beside import Role
from precisionlab.analysis.options import OptionValue, option_values
from precisionlab.scanning.settings import Selected, Settings


def command_of(paths: Iterable[str], analyzers: Sequence[Selected], settings: Settings) -> tuple[str, ...]:
    """The words of `scan`, or of `compare`, with all that decides what the report says; device, memory and threads do not.

    Options are told where they are not the default. Of an absolute path the last part is told.
    """
    scanned = tuple(map(portable, paths))
    return (
        "precisionlab",
        *(
            comparison_words(scanned, settings)
            if settings.others
            else ("scan", *scanned, *beside_words(settings.beside))
        ),
        *("--analyzers", ",".join(selected.analyzer.name for selected in analyzers)),
        *(word for selected in analyzers for word in option_words(selected)),
        *setting_words(settings),
    )


def portable(path: str) -> str:
    """A path as it is on every machine; one that would read as a flag begins with its folder."""
    place = PurePath(path)
    told = place.name if place.is_absolute() else place.as_posix()
    return f"./{told}" if told.startswith("-") else told


def beside_words(beside: Mapping[Role, str]) -> Iterator[str]:
    """Which files are beside the checkpoint."""
    for role, path in beside.items():
        yield from (f"--{role.value}", portable(path))


def comparison_words(scanned: tuple[str, ...], settings: Settings) -> Iterator[str]:
    """The words of `compare`, which alone takes several checkpoints together: the reference comes first."""
    beside = dict(settings.beside)
    yield from ("compare", portable(beside.pop(Role.REFERENCE)), *scanned, *map(portable, settings.others))
    yield from beside_words(beside)


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
    """Which tensors and rules."""
    for flag, globs in (("--include", settings.include), ("--exclude", settings.exclude)):
        for glob in globs:
            yield f"{flag}={glob}"
    for flag, codes in (("--select", settings.select), ("--ignore", settings.ignore)):
        if codes:
            yield from (flag, ",".join(codes))
    if settings.checksum:
        yield "--checksum"
