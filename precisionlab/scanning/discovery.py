"""Analyzers by their entry points, at three grains: their names, one of them, all of them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.definitions import Definition
from precisionlab.analysis.options import nearest, option_fields
from precisionlab.analysis.rules import Rule
from precisionlab.errors import AnalyzerError, UsageError
from precisionlab.escaping import printable
from precisionlab.scanning.configuration_keys import TABLES

GROUP = "precisionlab.analyzers"


@dataclass(frozen=True, slots=True)
class Discovered:
    """The analyzers that loaded, by name, and why the others did not."""

    analyzers: Mapping[str, Analyzer]
    warnings: tuple[str, ...]


def analyzer_entry_points() -> Mapping[str, EntryPoint]:
    """The entry points of all installed analyzers by name, in alphabetical order; none is imported.

    Where several packages provide a name, that of the package installed first on the path counts.
    """
    by_name: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        by_name.setdefault(point.name, point)
    return {name: by_name[name] for name in sorted(by_name)}


def load_analyzer(name: str) -> Analyzer:
    """The analyzer of that name.

    Raises:
        UsageError: there is none; the nearest name is suggested.
        AnalyzerError: it does not import, or is no well-formed `Analyzer` of that name.
    """
    points = analyzer_entry_points()
    if name not in points:
        raise UsageError(name, "there is no such analyzer", nearest(name, points))
    return loaded(points[name])


def load_all() -> Discovered:
    """Every installed analyzer; a broken one is a warning."""
    analyzers: dict[str, Analyzer] = {}
    warnings: list[str] = []
    for name, point in analyzer_entry_points().items():
        try:
            analyzers[name] = loaded(point)
        except AnalyzerError as error:
            warnings.append(str(error))
    return Discovered(analyzers, (*warnings, *shadowed()))


def shadowed() -> tuple[str, ...]:
    """A warning for every name that several packages provide."""
    points = Counter(point.name for point in set(entry_points(group=GROUP)))
    used = analyzer_entry_points()
    return tuple(
        str(AnalyzerError(name, f"{times} installed packages provide this analyzer", f"{used[name].value} is used"))
        for name, times in sorted(points.items())
        if times > 1
    )


def loaded(point: EntryPoint) -> Analyzer:
    """What an entry point points to.

    Raises:
        AnalyzerError: as for `load_analyzer`.
    """
    try:
        analyzer = point.load()
    except (Exception, SystemExit) as error:
        cause = f"{type(error).__name__}: {printable(str(error))}"
        raise AnalyzerError(point.name, f"the analyzer cannot be loaded ({cause})", f"look at {point.value}") from error
    fault = fault_of(analyzer, point.name)
    if fault:
        raise AnalyzerError(point.name, f"{printable(point.value)} {fault}")
    return cast("Analyzer", analyzer)


def fault_of(analyzer: object, name: str) -> str:  # noqa: PLR0911 - a sentence for each fault
    """What is wrong with what an entry point points to; empty where nothing is."""
    if not isinstance(analyzer, Analyzer):
        return f"is of type {printable(type(analyzer).__name__, 60)}, not an Analyzer"
    if analyzer.name != name:
        return f"is the analyzer {printable(str(analyzer.name), 60)}, which its entry point calls otherwise"
    if name in TABLES:
        return "has the name of a command, whose keys stand in the table of that name in configuration files"
    if not all(map(callable, filter(None, (analyzer.analyze, analyzer.summarize)))):
        return "has something else where its functions belong"
    if not is_tuple_of_rules(analyzer.rules):
        return "has rules that are no tuple of Rule"
    if not are_distinct_definitions(analyzer.definitions):
        return "has definitions that are no tuple of Definition with a name each of its own"
    if not has_declared_options(analyzer):
        return "has options that are no dataclass whose fields are all made by option()"
    return ""


def is_tuple_of_rules(rules: object) -> bool:
    """Whether these are rules, in a tuple."""
    return isinstance(rules, tuple) and all(isinstance(rule, Rule) for rule in rules)


def are_distinct_definitions(definitions: object) -> bool:
    """Whether these are definitions, in a tuple, no two of one name."""
    if not isinstance(definitions, tuple) or not all(isinstance(one, Definition) for one in definitions):
        return False
    return len({one.name for one in definitions}) == len(definitions)


def has_declared_options(analyzer: Analyzer) -> bool:
    """Whether flags, configuration and documentation can be made from its options."""
    try:
        option_fields(analyzer.options)
        analyzer.options()
    except Exception:  # noqa: BLE001 - anybody's class may raise anything
        return False
    return True
