"""What a configuration says of analyzers: it is checked when they are loaded."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.options import build_options, nearest, option_fields
from precisionlab.errors import PrecisionlabError, UsageError
from precisionlab.escaping import printable
from precisionlab.scanning.configuration import Configuration, Entry
from precisionlab.scanning.configuration_keys import AT_TOP, TABLES
from precisionlab.scanning.configuration_values import dashed
from precisionlab.scanning.discovery import Discovered, analyzer_entry_points, load_analyzer
from precisionlab.scanning.settings import check_codes


def configured_options(configuration: Configuration) -> Mapping[str, Any]:
    """The options of analyzers that have a table, by analyzer.

    Raises:
        UsageError: an unknown option, a wrong value, or an option in both spellings; the file is named.
        AnalyzerError: an analyzer with a table does not load.
    """
    built = {}
    for name, table in configuration.options.items():
        options = load_analyzer(name).options
        for option in table:
            if "-" in option and option.replace("-", "_") in table:
                problem = "is there twice, with a dash and with an underscore"
                raise UsageError(configuration.where(f"{name}.{option}"), problem)
        try:
            built[name] = build_options(name, options, table)
        except PrecisionlabError as error:
            about = error.subject if error.subject.startswith(f"{name}.") else f"{name}: {error.subject}"
            remedy = misplaced(error.subject) or error.remedy
            raise UsageError(configuration.where(about), error.problem, remedy) from error
    return built


def misplaced(place: str) -> str:
    """A remedy for a key that came after the heading of an analyzer's table; none for any other."""
    key = dashed(place.partition(".")[2])
    return f"the key {key} stands before the first table" if key in AT_TOP else ""


def require_analyzers(names: Iterable[str], where: str) -> None:
    """See that there are such analyzers.

    Raises:
        UsageError: there is none; the nearest is suggested.
    """
    known = analyzer_entry_points()
    for name in names:
        if name not in known:
            raise UsageError(where, f"there is no analyzer {printable(name, 40)}", nearest(name, known))


def check_names(configuration: Configuration, discovered: Discovered) -> None:
    """See that the analyzers and rules that the file names are there.

    Raises:
        UsageError: one is not; the nearest is suggested.
    """
    for entry in entries(configuration, "analyzers"):
        require_analyzers(entry.value, configuration.where(entry.place))
    for key in ("select", "ignore"):
        for entry in entries(configuration, key):
            wanted = (code.upper() for code in entry.value)
            check_codes(wanted, discovered.analyzers.values(), configuration.where(entry.place))


def check_formats(configuration: Configuration, discovered: Discovered) -> None:
    """See that analyzers take the formats that the file names: those that it names too, else some.

    Those whose tables name their own are no matter.

    Raises:
        UsageError: one does not, or none does.
    """
    takers = [
        name
        for name, analyzer in discovered.analyzers.items()
        if takes_formats(analyzer) and "formats" not in configuration.options.get(name, {})
    ]
    for command in ("scan", "compare"):
        entry, named = (configuration.entry(command, key) for key in ("formats", "analyzers"))
        if entry is None:
            continue
        chosen = [name for name in takers if named is not None and name in named.value]
        refusals = list(refusals_of(chosen or takers, entry, configuration))
        if refusals and (chosen or len(refusals) == len(takers)):
            raise refusals[0]


def refusals_of(names: Iterable[str], entry: Entry, configuration: Configuration) -> Iterator[UsageError]:
    """What analyzers have against formats."""
    for name in names:
        try:
            require_formats(name, entry.value, configuration.where(entry.place))
        except UsageError as error:
            yield error


def takes_formats(analyzer: Analyzer) -> bool:
    """Whether one of its options is `formats`."""
    return any(field.name == "formats" for field in option_fields(analyzer.options))


def require_formats(name: str, formats: object, where: str) -> None:
    """See that an analyzer takes these formats.

    Raises:
        UsageError: it does not.
    """
    try:
        build_options(name, load_analyzer(name).options, {"formats": formats})
    except PrecisionlabError as error:
        raise UsageError(f"{where}: {error.subject}", error.problem, error.remedy) from error


def entries(configuration: Configuration, key: str) -> Iterator[Entry]:
    """What is said of a key anywhere, each once."""
    said = (configuration.entry(command, key) for command in TABLES)
    yield from {entry.place: entry for entry in said if entry is not None}.values()
