"""What a finding is known by in other scans."""

from dataclasses import replace
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from precisionlab.analysis.identities import checkpoint_name, fingerprints
from precisionlab.analysis.report import CheckpointReport
from precisionlab.analysis.results import Finding, Result, Scalar
from precisionlab.analysis.rules import Severity


def fired(code: str, subject: str | None, severity: Severity = Severity.ERROR, **evidence: Scalar) -> Finding:
    """A finding with this evidence."""
    return Finding(code, severity, subject, "a message", "a remedy", MappingProxyType(evidence))


def holding(*findings: Finding, path: str = "run/model.safetensors") -> CheckpointReport:
    """A checkpoint with these findings."""
    return CheckpointReport(path, "safetensors", (), 0, 0, {}, (), (Result("range", None, findings=findings),))


def test_the_fingerprint_is_what_it_was() -> None:
    """It is kept by others: where it changes, every known finding becomes a new one."""
    assert fingerprints(holding(fired("PL001", "a.weight", nans=3))) == (
        "2e95a02b2dcc5c909e2a78b9e26b1fad46d63d69dea2fc582fd3097d0958b30a",
    )


def test_numbers_messages_severities_and_folders_do_not_change_it() -> None:
    """Rule, tensor, axis and the checkpoint's name do."""
    (mark,) = fingerprints(holding(fired("PL011", "a.weight", axis=0, channels=3)))
    other = replace(fired("PL011", "a.weight", Severity.NOTE, axis=0, channels=4), message="another")
    assert fingerprints(holding(other, path="/elsewhere/model.safetensors")) == (mark,)
    for strange in (
        holding(fired("PL012", "a.weight", axis=0)),
        holding(fired("PL011", "b.weight", axis=0)),
        holding(fired("PL011", "a.weight", axis=1)),
        holding(fired("PL011", None, axis=0)),
        holding(fired("PL011", "a.weight", axis=0), path="run/other.safetensors"),
    ):
        assert fingerprints(strange) != (mark,)


def test_the_checkpoint_itself_is_no_tensor_without_a_name() -> None:
    """Nor do parts of names run into each other."""
    marks = fingerprints(holding(fired("PL1", None), fired("PL1", ""), fired("PL", "1"), fired("PL1", "\ud800")))
    assert len(set(marks)) == 4


def test_names_are_of_files_or_folders() -> None:
    """Whatever the system that they lie on."""
    paths = ("m.pt", "a/m.pt", "/a/b/m.pt", "C:\\a\\m.pt", "a/m.pt/")
    assert {checkpoint_name(path) for path in paths} == {"m.pt"}
    assert checkpoint_name("/") == "/"


evidence = st.dictionaries(st.sampled_from(("axis", "format", "share")), st.sampled_from((0, 1, "int4", "nvfp4")))
findings = st.builds(
    lambda code, subject, evidence: fired(code, subject, **evidence),
    st.sampled_from(("PL001", "PL101")),
    st.sampled_from(("a", None)),
    evidence,
)


@given(st.lists(findings, max_size=8))
def test_every_finding_has_its_own(found: list[Finding]) -> None:
    """And the same in every order, but for findings that say the same."""
    marks = fingerprints(holding(*found))
    assert len(set(marks)) == len(found)
    assert set(fingerprints(holding(*reversed(found)))) == set(marks)
