"""Analyzers by their entry points, at three grains: their names, one of them, all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.options import nearest
from precisionlab.errors import AnalyzerError, UsageError
from precisionlab.escaping import printable

GROUP = "precisionlab.analyzers"


@dataclass(frozen=True, slots=True)
class Discovered:
    """The analyzers that loaded, by name, and why the others did not."""

    analyzers: Mapping[str, Analyzer]
    warnings: tuple[str, ...]


def analyzer_entry_points() -> Mapping[str, EntryPoint]:
    """The entry points of all installed analyzers by name, in alphabetical order; none is imported."""
    found = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return {point.name: point for point in found}


def load_analyzer(name: str) -> Analyzer:
    """The analyzer of that name.

    Raises:
        UsageError: there is none; the nearest name is suggested.
        AnalyzerError: it does not import, or is no `Analyzer` of that name.
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
    return Discovered(analyzers, tuple(warnings))


def loaded(point: EntryPoint) -> Analyzer:
    """What an entry point points to.

    Raises:
        AnalyzerError: as for `load_analyzer`.
    """
    try:
        analyzer = point.load()
    except Exception as error:
        cause = f"{type(error).__name__}: {printable(str(error))}"
        raise AnalyzerError(point.name, f"the analyzer cannot be loaded ({cause})", f"look at {point.value}") from error
    if not isinstance(analyzer, Analyzer) or analyzer.name != point.name:
        raise AnalyzerError(point.name, f"{point.value} is no Analyzer of that name")
    return analyzer
