"""Analyzers by their entry points: names, one, all; those of others are first-class, and cannot break the rest."""

import sys
from collections.abc import Callable

import pytest

from precisionlab.errors import AnalyzerError, UsageError
from precisionlab.scanning.discovery import analyzer_entry_points, load_all, load_analyzer

Install = Callable[..., None]

BUILT_IN = (
    "bits",
    "cp",
    "delta",
    "difference",
    "lowrank",
    "manifold",
    "merge",
    "quantization",
    "range",
    "rounding",
    "spectrum",
    "summation",
    "symmetry",
    "topology",
    "wavelet",
)

MODULE = """
from dataclasses import dataclass
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.definitions import Definition
from precisionlab.analysis.results import Result

@dataclass(frozen=True)
class Undeclared:
    limit: float = 0.5

def analyze(tensor, options):
    return Result("signs", tensor.info.name)

signs = Analyzer("signs", "Which sign?", analyze)
number = 42
misnamed = Analyzer("otherwise", "?", analyze)
sum = Analyzer("sum", "?", analyze)
uncallable = Analyzer("uncallable", "?", "analyze")
unruly = Analyzer("unruly", "?", analyze, rules=("XY001",))
undefined = Analyzer("undefined", "?", analyze, definitions=("share",))
twofold = Analyzer("twofold", "?", analyze, definitions=(Definition("share", "one"), Definition("share", "other")))
undeclared = Analyzer("undeclared", "?", analyze, options=Undeclared)
"""


@pytest.fixture(autouse=True)
def _forget_modules() -> None:
    """Every test installs its own modules under the same names."""
    for name in ("thirdparty", "failing", "leaving"):
        sys.modules.pop(name, None)


def test_names_are_known_without_an_import(install: Install) -> None:
    """Listing names executes nobody's code: not even of an analyzer that cannot be imported."""
    install("party", {"zeta": "failing:x", "alpha": "thirdparty:signs"}, failing="raise SystemExit")
    assert list(analyzer_entry_points()) == ["alpha", *BUILT_IN, "zeta"]
    assert "failing" not in sys.modules
    assert "thirdparty" not in sys.modules


def test_one_is_loaded_alone(install: Install) -> None:
    """An installed package's analyzer is loaded by name, and no other one with it."""
    install("party", {"signs": "thirdparty:signs", "bad": "failing:x"}, thirdparty=MODULE, failing="1 / 0")
    assert load_analyzer("signs").question == "Which sign?"
    assert "failing" not in sys.modules


def test_the_built_in_one_comes_the_same_way() -> None:
    """`range` is found by its entry point, like anybody's."""
    assert analyzer_entry_points()["range"].value == "analyzers.range:analyzer"
    assert load_analyzer("range") is load_all().analyzers["range"]


def test_an_unknown_name_suggests_the_nearest() -> None:
    """A misspelt name is an error that names what was meant."""
    with pytest.raises(UsageError, match=r"^rnage: there is no such analyzer; did you mean range\?$"):
        load_analyzer("rnage")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("failing:x", r"cannot be loaded \(ZeroDivisionError: division by zero\); look at failing:x"),
        ("leaving:x", r"cannot be loaded \(SystemExit: 3\)"),
        ("nowhere:x", r"cannot be loaded \(ModuleNotFoundError: No module named 'nowhere'\)"),
        ("thirdparty:nothing", r"cannot be loaded \(AttributeError"),
        ("thirdparty:number", "thirdparty:number is of type int, not an Analyzer"),
        ("thirdparty:misnamed", "is the analyzer otherwise, which its entry point calls otherwise"),
        ("thirdparty:sum", "has the name of a command, whose keys stand in the table of that name"),
        ("thirdparty:uncallable", "has something else where its functions belong"),
        ("thirdparty:unruly", "has rules that are no tuple of Rule"),
        ("thirdparty:undefined", "has definitions that are no tuple of Definition with a name each of its own"),
        ("thirdparty:twofold", "has definitions that are no tuple of Definition with a name each of its own"),
        ("thirdparty:undeclared", "has options that are no dataclass whose fields are all made by option"),
    ],
)
def test_a_broken_one_is_a_warning_and_an_error_where_it_is_named(install: Install, value: str, problem: str) -> None:
    """Whatever is wrong with one analyzer, all others load."""
    name = value.partition(":")[2] if value.startswith("thirdparty") else "broken"
    install(
        "party",
        {name: value, "signs": "thirdparty:signs"},
        thirdparty=MODULE,
        failing="1 / 0",
        leaving="raise SystemExit(3)",
    )
    discovered = load_all()
    assert set(discovered.analyzers) == {*BUILT_IN, "signs"}
    (warning,) = discovered.warnings
    assert warning.startswith(f"{name}: ")
    with pytest.raises(AnalyzerError, match=problem) as caught:
        load_analyzer(name)
    assert str(caught.value) == warning


def test_two_packages_with_one_name_are_told(install: Install) -> None:
    """That of the first package on the path counts, and a warning says so."""
    install("second", {"signs": "failing:x"}, failing="1 / 0")
    install("first", {"signs": "thirdparty:signs"}, thirdparty=MODULE)
    discovered = load_all()
    assert "signs" in discovered.analyzers
    assert discovered.warnings == ("signs: 2 installed packages provide this analyzer; thirdparty:signs is used",)
