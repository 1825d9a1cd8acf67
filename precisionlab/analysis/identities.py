"""What makes two findings the same one, in another scan, on another machine, of a checkpoint elsewhere."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePath

from precisionlab.analysis.report import CheckpointReport
from precisionlab.analysis.results import Finding

PLACE = "axis"
"""The evidence that says where in a tensor a rule fired: one may fire along each axis."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which rule fired about what. The evidence, the message and the severity may change."""

    code: str
    subject: str | None
    axis: str = ""
    """Empty where the rule is about no axis."""


def identity(finding: Finding) -> Identity:
    """Which rule fired about what. A few findings of a checkpoint may share it: `aspects` tells them apart."""
    return Identity(finding.code, finding.subject, str(finding.evidence.get(PLACE, "")))


def aspects(finding: Finding) -> Mapping[str, str]:
    """The evidence that is text: which format, which accumulator a finding is about."""
    return {name: value for name, value in sorted(finding.evidence.items()) if isinstance(value, str)}


def checkpoint_name(path: str) -> str:
    """What a checkpoint is called wherever it lies: the last part of its path."""
    return PurePath(path.replace("\\", "/")).name or path


def fingerprints(checkpoint: CheckpointReport) -> tuple[str, ...]:
    """What each of the checkpoint's findings is known by in other scans, in their order: 64 hexadecimal digits.

    No two are the same. They depend on the checkpoint's name, the rule, the tensor and the axis, on
    neither folders nor numbers; only where one rule fires several times about one of these, on which
    formats or the like it names.
    """
    findings = checkpoint.findings
    several = Counter(map(identity, findings))
    name, seen = checkpoint_name(checkpoint.path), Counter[tuple[str, ...]]()
    marks = []
    for finding in findings:
        who = identity(finding)
        kind = "tensor" if who.subject is not None else "checkpoint"
        named = aspects(finding).items() if several[who] > 1 else ()
        words = (name, who.code, kind, who.subject or "", who.axis, *(f"{key}={value}" for key, value in named))
        seen[words] += 1
        marks.append(digest(*words, *([str(seen[words])] if seen[words] > 1 else ())))
    return tuple(marks)


def digest(*words: str) -> str:
    """SHA-256 of the words, each with its length before it, so that none runs into the next."""
    whole = b"".join(
        str(len(word)).encode() + b":" + word for word in (word.encode("utf-8", "surrogatepass") for word in words)
    )
    return sha256(whole).hexdigest()
