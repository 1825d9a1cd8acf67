"""Reports of a few tensors, made by hand or drawn, in which findings and figures can be planted."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import pytest
from hypothesis import strategies as st

from precisionlab.analysis.definitions import Better, Definition
from precisionlab.analysis.report import AnalyzerSummary, CheckpointReport, Report, RuleSummary, Run, TensorSummary
from precisionlab.analysis.results import Finding, Measurement, Metric, Result, Scalar
from precisionlab.analysis.rules import Severity

RULES = (
    RuleSummary("PL001", "nan", Severity.ERROR, "it holds NaN"),
    RuleSummary("PL011", "dead-channels", Severity.WARNING, "whole channels are zero"),
    RuleSummary("PL103", "clipped", Severity.WARNING, "a format clips"),
)
DEFINITIONS = (
    Definition("nans", "values that are not numbers", Better.LOWER),
    Definition("dead_channels", "channels of zeros", Better.LOWER),
    Definition("clipped_share", "share of clipped elements", Better.LOWER),
    Definition("sqnr", "signal to noise", Better.HIGHER),
    Definition("elements", "how many there are"),
)
UNITS = {"nans": "elements", "dead_channels": "channels", "clipped_share": "1", "sqnr": "dB", "elements": "elements"}
RUN = Run("2026-11-01T10:00:00+00:00", 1.0, "cpu", 1, MappingProxyType({}), "Linux x86_64")
Values = Mapping[str, Scalar]


def fired(code: str, subject: str | None, severity: Severity | None = None, **evidence: Scalar) -> Finding:
    """A finding of a rule, with the rule's severity unless told otherwise."""
    rule = next(rule for rule in RULES if rule.code == code)
    message = ", ".join(f"{name} {value}" for name, value in evidence.items())
    return Finding(code, severity or rule.severity, subject, message, "mend it", MappingProxyType(evidence))


def measured(values: Values) -> tuple[Measurement, ...]:
    """Measurements from values by keys such as `sqnr[format=int4]`."""
    return tuple(Measurement(metric_of(key), value) for key, value in values.items())


def metric_of(key: str) -> Metric:
    """The metric of a key."""
    name, _, rest = key.removesuffix("]").partition("[")
    pairs = (pair.split("=") for pair in rest.split(",") if pair)
    return Metric(name, UNITS[name], MappingProxyType(dict(pairs)))


def checkpoint(
    path: str = "run/model.safetensors",
    findings: Iterable[Finding] = (),
    values: Mapping[str | None, Values] = MappingProxyType({}),
    tensors: Iterable[str] = ("a.weight", "b.weight"),
) -> CheckpointReport:
    """A checkpoint that one analyzer answered for, for every tensor and as a whole."""
    names, found = tuple(tensors), tuple(findings)
    results = tuple(
        Result(
            "range",
            name,
            measurements=measured(values.get(name, {})),
            findings=tuple(one for one in found if one.subject == name or (name is None and one.subject not in names)),
        )
        for name in (*names, None)
    )
    summaries = tuple(TensorSummary(name, "bfloat16", (2, 3), 6, 12) for name in names)
    n = len(names)
    return CheckpointReport(path, "safetensors", (), 6 * n, 12 * n, {"bfloat16": 6 * n}, summaries, results)


def report_of(*checkpoints: CheckpointReport) -> Report:
    """A report whose analyzer defines which way its figures get better."""
    summary = AnalyzerSummary({}, "What is there?", DEFINITIONS, tuple(rule.code for rule in RULES))
    return Report(checkpoints, (), {"range": summary}, RULES, {}, RUN)


SUBJECTS = ("a.weight", "b.weight")
numbers = st.integers(0, 3) | st.floats(allow_nan=True, width=16)
findings = st.builds(
    lambda code, subject, severity, axis, form, number: fired(
        code, subject, severity, **axis, format=form, nans=number
    ),
    st.sampled_from([rule.code for rule in RULES]),
    st.sampled_from((*SUBJECTS, None)),
    st.sampled_from(Severity),
    st.sampled_from(({}, {"axis": 0}, {"axis": 1})),
    st.sampled_from(("int4", "nvfp4")),
    numbers,
)
keys = st.sampled_from(("nans", "sqnr[format=int4]", "sqnr[format=nvfp4]", "clipped_share[format=int4]", "elements"))
values = st.dictionaries(st.sampled_from((*SUBJECTS, None)), st.dictionaries(keys, numbers))
checkpoints = st.builds(
    checkpoint,
    st.sampled_from(("one/model.safetensors", "two/model.safetensors", "two/other.safetensors")),
    st.lists(findings, max_size=6),
    values,
)
reports = st.lists(checkpoints, max_size=2, unique_by=lambda one: one.path).map(lambda many: report_of(*many))


@pytest.fixture(scope="session")
def finding() -> Callable[..., Finding]:
    """Makes a finding: code, subject, severity, evidence."""
    return fired


@pytest.fixture(scope="session")
def checkpoint_with() -> Callable[..., CheckpointReport]:
    """Makes a checkpoint: path, findings, values, tensors."""
    return checkpoint


@pytest.fixture(scope="session")
def report_with() -> Callable[..., Report]:
    """Makes a report of checkpoints."""
    return report_of


@pytest.fixture(scope="session")
def any_report() -> st.SearchStrategy[Report]:
    """Reports with findings and figures that coincide often."""
    return reports
