"""What is new, worse, known and gone since a baseline."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.analysis.report import CheckpointReport, Report
from precisionlab.analysis.results import Finding, Novelty, Scalar, Status
from precisionlab.analysis.rules import Severity
from precisionlab.baselines.novelty import held_against

T = TypeVar("T")
Finder = Callable[..., Finding]
Maker = Callable[..., CheckpointReport]
Reporter = Callable[..., Report]
EARLIER = "results.json"


@pytest.fixture
def novelties(checkpoint_with: Maker, report_with: Reporter) -> Callable[..., list[str]]:
    """Holds findings against others: the words for each, in their order."""

    def told(new: list[Finding], old: list[Finding]) -> list[str]:
        held = held_against(
            report_with(checkpoint_with(findings=new)), report_with(checkpoint_with(findings=old)), EARLIER
        )
        assert held.baseline is not None
        return [f"{one.subject} {one.novelty}" for _, one in held.findings] + [
            f"{one.subject} gone" for one in held.baseline.gone
        ]

    return told


def test_a_finding_is_new_known_or_gone(novelties: Callable[..., list[str]], finding: Finder) -> None:
    """By its rule and its tensor."""
    old = [finding("PL001", "a.weight", nans=3), finding("PL001", "b.weight", nans=3)]
    new = [finding("PL001", "a.weight", nans=3), finding("PL011", "b.weight", channels=1)]
    assert novelties(new, old) == ["a.weight known", "b.weight new", "b.weight gone"]


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ({"nans": 3}, {"nans": 4}, "worse"),
        ({"nans": 3}, {"nans": 2}, "known"),
        ({"clipped_share": 0.2}, {"clipped_share": 0.2001}, "known"),
        ({"clipped_share": 0.2}, {"clipped_share": 0.3}, "worse"),
        ({"sqnr": 20.0}, {"sqnr": 10.0}, "worse"),
        ({"sqnr": 20.0}, {"sqnr": 30.0}, "known"),
        ({"elements": 3}, {"elements": 4}, "known"),
        ({"first": 3}, {"first": 4}, "known"),
        ({}, {"nans": 4}, "known"),
        ({"nans": "many"}, {"nans": 4}, "known"),
    ],
)
def test_it_is_worse_where_its_figures_are(
    novelties: Callable[..., list[str]], finding: Finder, old: dict[str, Scalar], new: dict[str, Scalar], word: str
) -> None:
    """Those alone that get better one way, by more than the tolerance."""
    held = novelties([finding("PL001", "a.weight", **new)], [finding("PL001", "a.weight", **old)])
    assert held == [f"a.weight {word}"]


def test_it_is_worse_where_it_is_more_severe(novelties: Callable[..., list[str]], finding: Finder) -> None:
    """And known where it is less so."""
    error, note = (finding("PL001", "a.weight", severity) for severity in (Severity.ERROR, Severity.NOTE))
    assert novelties([error], [note]) == ["a.weight worse"]
    assert novelties([note], [error]) == ["a.weight known"]


def test_evidence_under_a_shorter_name_is_the_measurement_that_it_repeats(
    checkpoint_with: Maker, report_with: Reporter, finding: Finder
) -> None:
    """`share` is `clipped_share[format=int4]`, which is better lower; `channels` is another number than any measured."""

    def clipping(share: float, channels: int) -> Report:
        found = [finding("PL103", "a.weight", format="int4", share=share, channels=channels)]
        values = {"a.weight": {"clipped_share[format=int4]": share, "sqnr[format=int4]": 3.5, "dead_channels": 5}}
        return report_with(checkpoint_with(findings=found, values=values))

    held = held_against(clipping(0.3, 1), clipping(0.2, 1), EARLIER)
    assert [one.novelty for _, one in held.findings] == [Novelty.WORSE]
    held = held_against(clipping(0.2, 9), clipping(0.2, 1), EARLIER)
    assert [one.novelty for _, one in held.findings] == [Novelty.KNOWN]


def test_an_axis_tells_findings_apart_and_a_format_does_not(
    novelties: Callable[..., list[str]], finding: Finder
) -> None:
    """Dead rows are not dead columns; that another format loses most is the same finding."""
    rows, columns = (finding("PL011", "a.weight", axis=axis, channels=2) for axis in (0, 1))
    assert novelties([columns], [rows]) == ["a.weight new", "a.weight gone"]
    int4, nvfp4 = (finding("PL103", "a.weight", format=name, clipped_share=0.1) for name in ("int4", "nvfp4"))
    assert novelties([nvfp4], [int4]) == ["a.weight known"]
    worse = finding("PL103", "a.weight", format="int4", clipped_share=0.9)
    assert novelties([worse, nvfp4], [nvfp4, int4]) == ["a.weight worse", "a.weight known"]


def test_of_several_alike_those_are_one_that_have_most_in_common(
    novelties: Callable[..., list[str]], finding: Finder
) -> None:
    """All evidence before the texts in it, those before none; the others by their messages, in whatever order."""

    def clipping(share: float, form: str = "int4") -> Finding:
        return finding("PL103", "a.weight", format=form, clipped_share=share)

    assert novelties([clipping(0.9, "nvfp4")], [clipping(0.1), clipping(0.9, "nvfp4")]) == [
        "a.weight known",
        "a.weight gone",
    ]
    assert novelties([clipping(0.9)], [clipping(0.1), clipping(0.9)]) == ["a.weight known", "a.weight gone"]
    assert novelties([clipping(0.8, "nvfp4")], [clipping(0.1), clipping(0.9, "nvfp4")])[0] == "a.weight known"
    old = [clipping(0.7), clipping(0.4)]
    assert novelties([clipping(0.5), clipping(0.6)], old) == ["a.weight worse", "a.weight known"]
    assert novelties([clipping(0.6), clipping(0.5)], old) == ["a.weight known", "a.weight worse"]


def test_what_was_not_looked_for_again_is_not_gone(
    checkpoint_with: Maker, report_with: Reporter, finding: Finder
) -> None:
    """A tensor that is not there, an analysis that failed, a rule that was not asked."""
    old = report_with(checkpoint_with(findings=[finding("PL001", "a.weight", nans=1)]))
    clean = report_with(checkpoint_with())
    assert len(gone(clean, old)) == 1
    assert not gone(report_with(checkpoint_with(tensors=["b.weight"])), old)
    assert not gone(replace(clean, rules=clean.rules[1:]), old)
    whole = clean.checkpoints[0]
    failed = replace(whole, results=tuple(replace(one, status=Status.FAILED) for one in whole.results))
    assert not gone(replace(clean, checkpoints=(failed,)), old)


def gone(report: Report, baseline: Report) -> tuple[Finding, ...]:
    """What is found no more."""
    held = held_against(report, baseline, EARLIER)
    assert held.baseline is not None
    return held.baseline.gone


def test_checkpoints_are_met_by_path_then_name_then_alone(
    checkpoint_with: Maker, report_with: Reporter, finding: Finder
) -> None:
    """Made elsewhere, or called otherwise where there is but one."""
    found = [finding("PL001", "a.weight", nans=1)]

    def words(paths: list[str], earlier: list[str]) -> list[Novelty | None]:
        new = report_with(*(checkpoint_with(path, found) for path in paths))
        held = held_against(new, report_with(*(checkpoint_with(path, found) for path in earlier)), EARLIER)
        return [one.novelty for _, one in held.findings]

    assert words(["here/m.pt"], ["there/m.pt"]) == [Novelty.KNOWN]
    assert words(["here/step-2.pt"], ["there/step-1.pt"]) == [Novelty.KNOWN]
    assert words(["m.pt", "n.pt"], ["x/n.pt", "x/m.pt"]) == [Novelty.KNOWN] * 2
    assert words(["m.pt", "n.pt"], ["x/m.pt", "y/m.pt"]) == [Novelty.NEW] * 2
    assert words(["a/m.pt", "b/m.pt"], ["b/m.pt", "c/m.pt"]) == [Novelty.KNOWN] * 2
    assert words(["m.pt", "n.pt"], ["m.pt"]) == [Novelty.KNOWN, Novelty.NEW]
    assert words(["C:\\runs\\m.pt", "n.pt"], ["x/m.pt", "x/n.pt"]) == [Novelty.KNOWN] * 2


@given(st.data())
@settings(max_examples=40)
def test_a_report_against_itself_has_nothing_new(any_report: st.SearchStrategy[Report], data: st.DataObject) -> None:
    """All is known and nothing gone, wherever its checkpoints lie, in whatever order it tells."""
    report = data.draw(any_report)
    names = {checkpoint.path.rsplit("/", 1)[-1] for checkpoint in report.checkpoints}
    other = shuffled(report, data.draw(st.randoms(use_true_random=False)))
    if len(names) == len(report.checkpoints):
        moved = tuple(replace(one, path="elsewhere/" + one.path.rsplit("/", 1)[-1]) for one in other.checkpoints)
        other = replace(other, checkpoints=moved)
    held = held_against(other, report, EARLIER)
    assert {one.novelty for _, one in held.findings} <= {Novelty.KNOWN}
    assert held.baseline is not None
    assert not held.baseline.gone
    assert held.worst_counting is None


@given(st.data())
@settings(max_examples=40)
def test_the_order_is_no_matter(any_report: st.SearchStrategy[Report], data: st.DataObject) -> None:
    """Of checkpoints, results and findings, on either side."""
    new, old = data.draw(any_report), data.draw(any_report)
    chance = data.draw(st.randoms(use_true_random=False))
    one, other = held_against(new, old, EARLIER), held_against(shuffled(new, chance), shuffled(old, chance), EARLIER)
    assert tally(one) == tally(other)
    assert one.worst_counting is other.worst_counting


@given(st.data())
@settings(max_examples=40)
def test_no_finding_is_lost(any_report: st.SearchStrategy[Report], data: st.DataObject) -> None:
    """Each keeps its place and all but its novelty; every one of the baseline is met, gone, or of another checkpoint."""
    new, old = data.draw(any_report), data.draw(any_report)
    held = held_against(new, old, EARLIER)
    assert repr([replace(one, novelty=None) for _, one in held.findings]) == repr([one for _, one in new.findings])
    met = sum(one.novelty is not Novelty.NEW for _, one in held.findings)
    assert held.baseline is not None
    assert met + len(held.baseline.gone) <= len(list(old.findings))


def shuffled(report: Report, chance: random.Random) -> Report:
    """The same in another order."""
    checkpoints = [
        replace(
            checkpoint,
            tensors=mixed(checkpoint.tensors, chance),
            results=mixed(
                tuple(replace(one, findings=mixed(one.findings, chance)) for one in checkpoint.results), chance
            ),
        )
        for checkpoint in report.checkpoints
    ]
    return replace(report, checkpoints=mixed(tuple(checkpoints), chance))


def mixed(entries: tuple[T, ...], chance: random.Random) -> tuple[T, ...]:
    """The entries in another order."""
    return tuple(chance.sample(entries, len(entries)))


def tally(report: Report) -> list[str]:
    """Findings with their checkpoints and what is gone, in an order of their own."""
    assert report.baseline is not None
    found = [repr((checkpoint.path, finding)) for checkpoint, finding in report.findings]
    return sorted([*found, *map(repr, report.baseline.gone)])
