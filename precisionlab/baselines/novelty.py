"""The findings of a report held against a baseline: which are new, which worse, which known, which gone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from precisionlab.analysis.definitions import Better
from precisionlab.analysis.report import Baseline, CheckpointReport, Report
from precisionlab.analysis.results import Finding, Measurement, Novelty, Status
from precisionlab.baselines.changes import Turn, turn
from precisionlab.baselines.directions import Directions, directed_evidence, directions
from precisionlab.baselines.matching import counterparts, paired_findings

NO_DIRECTIONS: Mapping[str, Better] = {}


def held_against(report: Report, baseline: Report, path: str) -> Report:
    """The report with what each finding is to the baseline, which was read from `path`.

    A finding is worse than the earlier one where it is more severe, or where a number of its evidence that
    gets better one way went the other (see `turn` for the tolerance); otherwise it is known.
    """
    ways = directions(report, baseline)
    asked = {rule.code for rule in report.rules}
    judged = [
        judged_checkpoint(checkpoint, earlier, ways)
        for checkpoint, earlier in zip(
            report.checkpoints, counterparts(report.checkpoints, baseline.checkpoints), strict=True
        )
    ]
    gone = [finding for one in judged for finding in one.missing if finding.code in asked]
    by_severity = tuple(sorted(gone, key=lambda finding: -finding.severity))
    return replace(
        report,
        checkpoints=tuple(one.checkpoint for one in judged),
        baseline=Baseline(path, baseline.run.started, by_severity),
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """A checkpoint whose findings say what they are to the baseline."""

    checkpoint: CheckpointReport
    missing: tuple[Finding, ...]
    """What the baseline has and the checkpoint has not, where the analyzer answered again."""


def judged_checkpoint(checkpoint: CheckpointReport, earlier: CheckpointReport | None, ways: Directions) -> Judged:
    """The checkpoint held against the earlier one."""
    found, known = placed(checkpoint), placed(earlier) if earlier is not None else ()
    pairs = paired_findings([finding for _, finding in found], [finding for _, finding in known])
    measured = {(result.analyzer, result.subject): result.measurements for result in checkpoint.results}
    judged: dict[int, list[Finding]] = {}
    for place, (i, finding) in enumerate(found):
        analyzer = checkpoint.results[i].analyzer
        before = known[pairs[place]][1] if place in pairs else None
        around = measured.get((analyzer, finding.subject), ())
        novelty = novelty_of(finding, before, around, ways.get(analyzer, NO_DIRECTIONS))
        judged.setdefault(i, []).append(replace(finding, novelty=novelty))
    results = tuple(
        replace(result, findings=tuple(judged[i])) if i in judged else result
        for i, result in enumerate(checkpoint.results)
    )
    left = (known[place] for place in sorted(set(range(len(known))) - set(pairs.values())))
    return Judged(replace(checkpoint, results=results), tuple(missing(left, earlier, checkpoint)))


def placed(checkpoint: CheckpointReport) -> Sequence[tuple[int, Finding]]:
    """The findings, each with the place of its result."""
    return [(i, finding) for i, result in enumerate(checkpoint.results) for finding in result.findings]


def missing(
    left: Iterable[tuple[int, Finding]], earlier: CheckpointReport | None, checkpoint: CheckpointReport
) -> Iterator[Finding]:
    """The findings of the earlier checkpoint, given with the places of their results, that were looked for again."""
    if earlier is None:
        return
    answered = {(result.analyzer, result.subject) for result in checkpoint.results if result.status is Status.DONE}
    subjects = {None, *(tensor.name for tensor in checkpoint.tensors)}
    for i, finding in left:
        result = earlier.results[i]
        if finding.subject in subjects and (result.analyzer, result.subject) in answered:
            yield finding


def novelty_of(
    finding: Finding, earlier: Finding | None, measured: Sequence[Measurement], better: Mapping[str, Better]
) -> Novelty:
    """What a finding is to the earlier one of the same rule about the same subject."""
    if earlier is None:
        return Novelty.NEW
    if finding.severity > earlier.severity:
        return Novelty.WORSE
    for entry in directed_evidence(finding, measured, better):
        before = earlier.evidence.get(entry.name)
        if before is not None and turn(before, entry.value, entry.better, entry.unit) is Turn.WORSE:
            return Novelty.WORSE
    return Novelty.KNOWN
