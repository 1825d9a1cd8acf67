"""Every rule of every built-in analyzer is documented, fires on a sample, and does not on a healthy one."""

import importlib.util
import re
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

import precisionlab
from precisionlab.analysis.analyzers import Analyzer
from precisionlab.analysis.beside import Role
from precisionlab.analysis.rules import Rule
from precisionlab.scanning.discovery import load_all
from precisionlab.scanning.settings import Settings

ROOT = Path(__file__).parents[2]
SICK = (
    "sick.safetensors",
    "shared-storage.pth",
    "quantized.safetensors",
    "accumulation.safetensors",
    "summation.safetensors",
    "structure.safetensors",
)
HEALTHY = "healthy.safetensors"
CHANGED = "changed.safetensors"
"""Tensors of the healthy sample after accidents."""
BASE, TUNED = "base.safetensors", "tuned.safetensors"
"""A model, and what became of it as a whole."""

ANALYZERS: dict[str, Analyzer] = {
    name: analyzer
    for name, analyzer in load_all().analyzers.items()
    if analyzer.analyze.__module__.startswith("analyzers.")
}
RULES: tuple[Rule, ...] = tuple(rule for analyzer in ANALYZERS.values() for rule in analyzer.rules)


def codes_of(*files: str) -> set[str]:
    """The codes that fire in samples, whichever analyzer they belong to."""
    report = precisionlab.scan([ROOT / "samples" / file for file in files], analyzers=list(ANALYZERS))
    return {finding.code for _, finding in report.findings}


def codes_against(file: str, reference: str) -> set[str]:
    """The codes that fire in a sample beside another one, of analyzers that need one."""
    needing = [name for name, analyzer in ANALYZERS.items() if Role.REFERENCE in analyzer.needs_beside]
    settings = Settings(against=str(ROOT / "samples" / reference))
    return {
        finding.code for _, finding in precisionlab.scan(ROOT / "samples" / file, needing, settings=settings).findings
    }


@pytest.fixture(scope="module")
def sick() -> set[str]:
    """Codes that fire in the samples with pathologies."""
    return codes_of(*SICK) | codes_against(CHANGED, HEALTHY) | codes_against(TUNED, BASE)


@pytest.fixture(scope="module")
def healthy() -> set[str]:
    """Codes that fire in the healthy sample."""
    return codes_of(HEALTHY) | codes_against(HEALTHY, HEALTHY) | codes_against(BASE, BASE)


@pytest.fixture(scope="module")
def make_docs() -> ModuleType:
    """The script that writes the pages."""
    spec = importlib.util.spec_from_file_location("make_docs", ROOT / "docs" / "make_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_are_built_in_analyzers() -> None:
    """Else the tests below would prove nothing."""
    assert "range" in ANALYZERS
    assert len(RULES) >= 15


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_sample_fires_the_rule(rule: Rule, sick: set[str]) -> None:
    """What the rule is about can be seen in a file of the repository."""
    assert rule.code in sick


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_healthy_sample_does_not_fire_the_rule(rule: Rule, healthy: set[str]) -> None:
    """Ordinary weights are no finding."""
    assert rule.code not in healthy


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_rule_explains_itself(rule: Rule) -> None:
    """When it fires, and more than that; summary and remedy are clauses, the name is in kebab case."""
    assert rule.explanation.startswith("Fires ")
    assert len(rule.explanation.split()) > 30
    assert rule.explanation == rule.explanation.strip()
    assert re.fullmatch(r"PL\d{3}", rule.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    for clause in (rule.summary, rule.remedy):
        assert clause
        assert clause[0].islower() or clause[0] in "EN"
        assert not clause.endswith(".")
        assert "\n" not in clause


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_options_that_an_explanation_names_exist(rule: Rule) -> None:
    """`range.max_channel_ratio` is an option of `range`."""
    named = re.findall(r"`([a-z]+)\.([a-z_]+)`", rule.explanation)
    assert all(hasattr(ANALYZERS[analyzer].options, option) for analyzer, option in named if analyzer in ANALYZERS)


def test_codes_and_names_are_unique() -> None:
    """A code or a name selects one rule."""
    for key in ("code", "name"):
        counts = Counter(getattr(rule, key) for rule in RULES)
        assert [value for value, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_rule_has_its_page(rule: Rule, make_docs: ModuleType) -> None:
    """The page in docs/rules is the one that the code gives, and holds the explanation."""
    path = ROOT / "docs" / "rules" / f"{rule.code}.md"
    text = path.read_text(encoding="utf-8")
    assert rule.explanation in text
    assert text == make_docs.pages(ANALYZERS)[path]


def test_there_are_no_pages_of_rules_that_are_gone(make_docs: ModuleType) -> None:
    """The folder holds what the code gives, and nothing else."""
    expected = {path for path in make_docs.pages(ANALYZERS) if path.parent.name == "rules"}
    assert set((ROOT / "docs" / "rules").iterdir()) == expected


@pytest.mark.parametrize("name", ANALYZERS)
def test_the_analyzer_has_its_page(name: str, make_docs: ModuleType) -> None:
    """Every option is on it with its help."""
    path = ROOT / "docs" / "analyzers" / f"{name}.md"
    assert path.read_text(encoding="utf-8") == make_docs.pages(ANALYZERS)[path]
