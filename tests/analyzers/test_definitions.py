"""Every measurement that a built-in analyzer emits has a definition, and every definition is of one that it emits."""

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

import precisionlab
from precisionlab.analysis.definitions import Better, Definition, Family, beside_draws, families
from precisionlab.analysis.report import Report
from precisionlab.cli.explain_command import analyzer_page
from precisionlab.scanning.discovery import load_all
from precisionlab.scanning.settings import Settings

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
BUILT_IN = {
    name: analyzer
    for name, analyzer in load_all().analyzers.items()
    if analyzer.analyze.__module__.startswith("analyzers.")
}
ALONE = [name for name, analyzer in BUILT_IN.items() if not analyzer.needs_beside]
COMPARED = [name for name, analyzer in BUILT_IN.items() if analyzer.needs_beside]
DEFINITIONS = [(name, one) for name, analyzer in BUILT_IN.items() for one in analyzer.definitions]

OPTIONS: Mapping[str, Mapping[str, object]] = {
    "topology": {"dimension": 2, "size": 40, "null_size": 20, "way": "subsets"},
    "manifold": {"embedded": 100},
}
"""Under which little work emits most."""
BEYOND_THE_SAMPLES = {"manifold": re.compile(r"(sample_)?gride_(64|128|256)(_\w+)?")}
"""Neighbours of these ranks exist in tensors of more rows than the samples have."""


@pytest.fixture(scope="module")
def emitted() -> Mapping[str, set[str]]:
    """The names of the measurements in samples, by analyzer: of some tensors alone, and of changed ones beside others."""
    structure, changed, healthy = (str(SAMPLES / f"{name}.safetensors") for name in ("structure", "changed", "healthy"))
    alone = Settings(against=structure, include=("hidden*", "border*"))
    beside = Settings(against=healthy, others=(changed,))
    found = defaultdict[str, set[str]](set)
    for report in (
        precisionlab.scan(structure, ALONE, options=OPTIONS, settings=alone),
        precisionlab.scan(changed, COMPARED, settings=beside),
    ):
        for analyzer, name in measured(report):
            found[analyzer].add(name)
    return found


def measured(report: Report) -> set[tuple[str, str]]:
    """Analyzer and name of every measurement."""
    results = [result for checkpoint in report.checkpoints for result in checkpoint.results]
    assert not any(result.status == "failed" for result in results)
    return {(result.analyzer, one.metric.name) for result in results for one in result.measurements}


def code_of(analyzer: str) -> str:
    """The analyzer's modules but the definitions."""
    paths = (ROOT / "analyzers" / analyzer).glob("*.py")
    return "".join(path.read_text("utf-8") for path in paths if path.name != "definitions.py")


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_measurement_has_a_definition(name: str, emitted: Mapping[str, set[str]]) -> None:
    """Whatever a sample makes the analyzer say, alone or of the whole checkpoint, it says what it means."""
    assert emitted[name]
    assert emitted[name] - {one.name for one in BUILT_IN[name].definitions} == set()


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_definition_is_of_a_measurement(name: str, emitted: Mapping[str, set[str]]) -> None:
    """Its name is in a sample's results, or stands in the analyzer's code for what the samples do not have."""
    code, beyond = code_of(name), BEYOND_THE_SAMPLES.get(name)
    unseen = {one.name for one in BUILT_IN[name].definitions} - emitted[name]
    unnamed = {one for one in unseen if f'"{one}"' not in code}
    assert {one for one in unnamed if not (beyond and beyond.fullmatch(one))} == set()


def test_definitions_are_clauses_and_sources_are_dated() -> None:
    """As tables in several formats want them: no full stop, no line break, marks of code in pairs, a year in the source."""
    assert DEFINITIONS
    for analyzer, one in DEFINITIONS:
        where = f"{analyzer}: {one}"
        assert re.fullmatch(r"[a-z][a-z0-9_]*", one.name), where
        assert one.meaning.strip() == one.meaning != "", where
        assert not one.meaning.endswith("."), where
        assert "\n" not in one.meaning, where
        assert one.meaning.count("`") % 2 == 0, where
        assert not one.source or re.search(r"\b(1[89]|20)\d\d\b.*[^.]$", one.source), where


def test_options_that_a_meaning_names_exist() -> None:
    """`spectrum.sample` is an option of `spectrum`."""
    for _, one in DEFINITIONS:
        for analyzer, option in re.findall(r"`([a-z]+)\.([a-z_]+)`", one.meaning):
            assert hasattr(BUILT_IN[analyzer].options(), option), one


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_page_has_every_definition_once(name: str) -> None:
    """Names in code, those of draws by their ends; all sources below, by number."""
    analyzer = BUILT_IN[name]
    page = analyzer_page(analyzer)
    section = page.split("## Measurements\n")[1].split("\n## Options")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    named = [ends(row.split(" | ")[0]) for row in rows]
    assert [one for names in named for one in names] == [one.name for one in analyzer.definitions]
    assert len(named) == len(families(analyzer.definitions))
    for number, source in enumerate(dict.fromkeys(one.source for one in analyzer.definitions if one.source), 1):
        assert f"\n{number}. {source}.\n" in page


def ends(cell: str) -> list[str]:
    """`error`, `_mean` as error, error_mean."""
    first, *others = re.findall(r"`(\w+)`", cell)
    return [first, *(first + other for other in others)]


def test_draws_are_folded_into_their_figure() -> None:
    """Only what `beside_draws` made: a `_z` of its own meaning stays by itself."""
    share = Definition("share", "share of all", Better.HIGHER)
    gap = Definition("gap", "largest gap")
    own = Definition("gap_z", "gap over the deviation that noise has")
    assert [one.name for one in beside_draws(share, "ratio")] == [
        "share",
        "share_mean",
        "share_sd",
        "share_z",
        "share_ratio",
    ]
    assert families((*beside_draws(share), gap, own)) == (
        Family(share, ("mean", "sd", "z")),
        Family(gap, ()),
        Family(own, ()),
    )


def test_definitions_import_nothing_that_computes() -> None:
    """What they are made of needs no third party, and an analyzer's own wait for neither torch nor scipy."""
    modules = ", ".join(f"analyzers.{name}.definitions" for name in BUILT_IN)
    script = (
        "import sys, precisionlab.analysis.definitions, precisionlab.analysis.literature; print('numpy' in sys.modules); "
        f"import {modules}; print(sorted(sys.modules.keys() & {{'torch', 'scipy', 'numba'}}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["False", "[]"]
