"""A report that has everything in it, a large one, and a strategy for any."""

import math
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

import pytest
from hypothesis import strategies as st

from precisionlab.analysis.definitions import Better, Definition
from precisionlab.analysis.figures import (
    Axis,
    Barcode,
    BarGroup,
    Bars,
    Column,
    Figure,
    Heatmap,
    Lines,
    PointGroup,
    Scatter,
    Series,
    Table,
    Window,
)
from precisionlab.analysis.report import (
    AnalyzerSummary,
    Baseline,
    CheckpointReport,
    FileIdentity,
    Report,
    RuleSummary,
    Run,
    Skipped,
    TensorSummary,
    Unreadable,
)
from precisionlab.analysis.results import Finding, Measurement, Metric, Novelty, Result, Scalar, Status
from precisionlab.analysis.rules import Severity
from tests.reports.chromium import Chromium, started

T = TypeVar("T")

HOSTILE_NAMES = (
    "<script>document.title='owned'</script>",
    "</script><img src=x onerror=\"document.title='owned'\">",
    "[red]markup[/red] [link=https://example.invalid]x[/link]",
    "pipe|`tick`|*star*|[link](javascript:alert(1))|@someone #1",
    "\x1b[31mescape\x1b]0;title\x07",
    "line\nbreak\u2028and\u202eoverride\ud800",
    "&lt;already&amp;escaped&gt; \"'",
    "-->]]><!--",
    "x" * 300,
)

ZEROS = Metric("zeros_share", "1")
LARGEST = Metric("largest_magnitude", "")
SMALLEST = Metric("smallest_magnitude", "")
ENTROPY = Metric("entropy", "bits", MappingProxyType({"field": "exponent"}))
OVERFLOWS = Metric("overflows", "elements", MappingProxyType({"format": "float16"}))
FITS = Metric("narrowest_format", "")
EXACT = Metric("exact", "", MappingProxyType({"format": "bfloat16"}))

RULES = (
    RuleSummary("PL001", "nan", Severity.ERROR, "the tensor holds values that are not numbers"),
    RuleSummary("PL020", "subnormals", Severity.WARNING, "the tensor stores subnormal values"),
    RuleSummary("PL030", "unused-precision", Severity.NOTE, "half the bytes hold no information"),
    RuleSummary("PL040", "dead-channels", Severity.WARNING, "whole channels are zero"),
)
DEFINITIONS = (
    Definition("zeros_share", "share of the elements that are 0 of either sign"),
    Definition(
        "overflows", "elements that a cast to `format` makes infinite", Better.LOWER, "IEEE Std 754-2019, section 7.4"
    ),
    Definition(
        "entropy",
        "Shannon entropy of a `field` of bits",
        Better.NEITHER,
        "C. E. Shannon (1948), A Mathematical Theory of <Communication>",
    ),
)
REMEDIES = {
    "PL001": "find the step that made them; training from here will not recover",
    "PL020": "rescale, or keep a wider format",
    "PL030": "store as bfloat16",
    "PL040": "remove the channels",
}


def fired(code: str, subject: str | None, message: str, **evidence: Scalar) -> Finding:
    """A finding of one of the sample's rules."""
    rule = next(rule for rule in RULES if rule.code == code)
    return Finding(code, rule.severity, subject, message, REMEDIES[code], MappingProxyType(evidence))


def histogram(scale: int = 1000) -> Bars:
    """Exponents of normally distributed weights, with the windows of three formats."""
    heights = tuple(float(round(scale * math.exp(-(((i - 22) / 5) ** 2)))) for i in range(30))
    windows = (
        Window("float16", -24.0, -14.0, 16.0),
        Window("bfloat16", -133.0, -126.0, 128.0),
        Window("float8_e4m3fn", -9.0, -6.0, 9.0),
        Window("float4_e2m1fn", -1.0, 0.0, 3.0),
    )
    x, y = Axis("exponent of the magnitude", "power of two"), Axis("values", "elements")
    return Bars("Exponents and what formats reach", x, y, -30.0, 1.0, heights, windows)


def casts() -> Table:
    """What casts to some formats would do."""
    columns = (
        Column("format"),
        Column("overflow", "elements"),
        Column("exact", "share"),
        Column("safe"),
        Column("note"),
    )
    return Table(
        "Casts",
        columns,
        (
            ("float16", 3, 0.25, False, "<b>bold</b> | `code`"),
            ("bfloat16", 0, 1.0, True, ""),
            ("float8_e4m3fn", 2**60, math.nan, False, "line\nbreak"),
        ),
    )


def spectrum() -> Lines:
    """Two lines on logarithmic axes, one interrupted."""
    xs = tuple(float(i) for i in range(1, 9))
    trained = tuple(100.0 / i**2 for i in range(1, 9))
    random = tuple(math.nan if i == 4 else 20.0 / i for i in range(1, 9))
    x, y = Axis("index", logarithmic=True), Axis("singular value", logarithmic=True)
    return Lines("Spectrum", x, y, (Series("trained", xs, trained), Series("random <twin>", xs, random)))


def log_histogram() -> Bars:
    """Counts over six decades, with an infinite and an empty bin."""
    x, y = Axis("value"), Axis("values", "elements", logarithmic=True)
    return Bars("Values", x, y, -1.0, 0.25, (1.0, 10.0, 0.0, 1e6, 1e3, math.inf, 7.0, 1.0))


def trade_off() -> Scatter:
    """Formats by size and noise: an interrupted front, hostile names, points that coincide or have no place."""
    front = (("int4_g128", 4.125, 19.7), ("q4_k", 4.5, 22.1), ("?", math.nan, 25.0), ("int8", 8.0, 42.3))
    rest = (("nvfp4", 4.5, 20.4), ("<b>fp4</b>", 4.5, 20.4), ("mxfp4|", 4.25, 18.8), ("\u91cd\u307f\n", 6.0, 30.0))
    groups = (group("Pareto front", front, is_joined=True), group("dominated & more", rest))
    unnamed = PointGroup("unnamed", (16.0, 16.0, 16.0), (55.0, math.inf, 57.5))
    return Scatter("Noise against size", Axis("size", "bits"), Axis("SQNR", "dB"), (*groups, unnamed))


def life_spans() -> Barcode:
    """Features of two dimensions: one that lasts, some without a place, a hostile label."""
    loops = BarGroup("H1 <loops>", tuple(0.01 * i for i in range(300)), tuple(0.02 * i + 0.1 for i in range(300)))
    parts = BarGroup("H0", (0.0, 0.0, math.nan, 1.0), (math.inf, 2.5, 1.0, 0.5))
    return Barcode("Persistence of rows", Axis("distance"), (parts, loops))


def group(label: str, points: tuple[tuple[str, float, float], ...], *, is_joined: bool = False) -> PointGroup:
    """Points by name and place."""
    names, xs, ys = zip(*points, strict=True)
    return PointGroup(label, xs, ys, names, is_joined)


def sensitivity() -> Heatmap:
    """Noise of tensors in formats: an exact cast, casts that were not made, hostile names."""
    names = (*(f"model.layers.{i}.self_attn.q_proj.weight" for i in range(3)), *HOSTILE_NAMES[:3], "x" * 300)
    values = tuple((31.5 + i, 19.75 - i, 20.5, math.inf if i == 1 else math.nan) for i in range(len(names)))
    columns = ("fp8_e4m3fn", "int4_g128", "<nvfp4>", "bf16")
    return Heatmap(
        "Noise of each tensor", Axis("format"), Axis("tensor"), columns, names, values, "dB", low_is_bad=True
    )


def measurements(index: int) -> tuple[Measurement, ...]:
    """What was measured of the tensor at this place."""
    values: tuple[tuple[Metric, Scalar], ...] = (
        (ZEROS, index / 64),
        (LARGEST, (1.5, math.inf, -0.0, 65504.0, math.nan)[index % 5]),
        (SMALLEST, 1.5e-9 / (index + 1)),
        (ENTROPY, 2.625),
        (OVERFLOWS, index * 2**52 + 1),
        (FITS, ("bfloat16", "float32")[index % 2]),
        (EXACT, index % 2 == 0),
    )
    return tuple(Measurement(metric, value) for metric, value in values)


def tensor(name: str, index: int, dtype: str = "bfloat16") -> TensorSummary:
    """A tensor of the sample."""
    shape = ((64, 32), (4096,), (), (2, 3, 5, 7))[index % 4]
    n = math.prod(shape)
    return TensorSummary(name, dtype, shape, n, n * (4 if dtype == "float32" else 2))


def sick_checkpoint() -> CheckpointReport:
    """Hostile names, all severities, skipped and failed analyses, figures of every kind."""
    plain = tuple(f"model.layers.{i}.mlp.weight" for i in range(24))
    names = (*plain, *HOSTILE_NAMES)
    tensors = tuple(tensor(name, i) for i, name in enumerate(names))
    results = [
        Result("range", name, measurements=measurements(i), findings=findings_of(name, i), figures=figures_of(i))
        for i, name in enumerate(names)
    ]
    results[3] = Result("range", names[3], Status.FAILED, "ZeroDivisionError: division by <zero>\nat once")
    results[4] = Result("range", names[4], Status.SKIPPED, "integers have no exponent")
    twice = "model.layers.0.mlp.weight and model.layers.1.mlp.weight hold the same bits"
    own = Result(
        "duplicates",
        None,
        measurements=(Measurement(Metric("bytes_saved", "bytes"), 4_000_000), Measurement(ENTROPY, 10.5)),
        findings=(fired("PL030", None, twice),),
        figures=(histogram(1_000_000), casts(), spectrum(), log_histogram(), trade_off(), sensitivity(), life_spans()),
    )
    return CheckpointReport(
        path="samples/sick/<model> & co",
        container="sharded safetensors",
        files=(
            FileIdentity(
                "model-00001-of-00002.safetensors", 1_234_600, "2026-01-01T00:00:00+00:00", "0123456789abcdef" * 4
            ),
            FileIdentity("model-00002-of-00002.safetensors", 1_234_600, "2026-01-01T00:00:01+00:00"),
        ),
        n_parameters=1_234_567,
        n_bytes=2_469_134,
        parameters_by_dtype=MappingProxyType({"bfloat16": 1_234_000, "float32": 567}),
        tensors=tensors,
        results=(*results, own),
        skipped=(
            Skipped("tokenizer.vocabulary", "not a tensor"),
            *(Skipped(f"step.{i}", "excluded by --exclude 'step.*'") for i in range(5)),
        ),
    )


def findings_of(name: str, index: int) -> tuple[Finding, ...]:
    """Many notes, some warnings, few errors."""
    notes = [fired("PL030", name, "all 2,048 values are bfloat16", trailing_zeros=16, share=1.0)] if index % 2 else []
    subnormal = "0.4 % of the values are subnormal | see `docs`"
    warnings = [fired("PL020", name, subnormal, share=0.004, smallest=1e-40)] if index % 3 == 1 else []
    errors = [fired("PL001", name, "3 of 2,048 values are NaN", count=3, worst=math.nan)] if index % 9 == 7 else []
    return (*errors, *warnings, *notes)


def figures_of(index: int) -> tuple[Figure, ...]:
    """Every kind of figure, at one tensor or another."""
    return ((histogram(), casts()), (spectrum(), trade_off()), (log_histogram(), sensitivity(), life_spans()), ())[
        index % 4
    ]


def interrupted_checkpoint() -> CheckpointReport:
    """Two tensors that share storage, of which one was analysed before Ctrl-C."""
    first = tensor("embed.weight", 0, "float32")
    second = TensorSummary("lm_head.weight", "float32", (64, 32), 2048, 8192, "embed.weight", "transposed <view>")
    return CheckpointReport(
        path="small.pth",
        container="pytorch",
        files=(FileIdentity("small.pth"),),
        n_parameters=2048,
        n_bytes=8192,
        parameters_by_dtype=MappingProxyType({"float32": 2048}),
        tensors=(first, second),
        results=(Result("range", "embed.weight", measurements=measurements(0)),),
        complete=False,
    )


def sample() -> Report:
    """The report of all golden files."""
    return Report(
        checkpoints=(sick_checkpoint(), interrupted_checkpoint()),
        unreadable=(
            Unreadable("broken.safetensors", "the header ends after 5 of 80 bytes; download the file again"),
            Unreadable("<b>\x1b[2J\ud800", "no such file"),
        ),
        analyzers=MappingProxyType(
            {
                "range": AnalyzerSummary(
                    MappingProxyType({"max_share": 1e-3, "formats": ("float16", "bfloat16"), "limit": math.inf}),
                    "What lies where, and what would a cast do?",
                    DEFINITIONS,
                    ("PL001", "PL020", "PL040"),
                ),
                "duplicates": AnalyzerSummary(MappingProxyType({}), "What is stored <twice>?", rules=("PL030",)),
            }
        ),
        rules=RULES,
        settings=MappingProxyType({"include": (), "exclude": ("step.*",), "fail_on": "error"}),
        run=Run(
            started="2026-01-02T03:04:05Z",
            seconds=1.25,
            device="cpu",
            threads=2,
            versions=MappingProxyType({"precisionlab": "0.1.0", "Python": "3.11.9", "torch": "2.13.0"}),
            platform="Linux x86_64",
        ),
        command=("precisionlab", "scan", "samples/sick/<model> & co", "--exclude=step.*"),
        beside=MappingProxyType({"against": (FileIdentity("base.safetensors", 80, "2026-01-01T00:00:00+00:00"),)}),
    )


def large(n_tensors: int, n_metrics: int = 60) -> Report:
    """A report of one checkpoint with many tensors, most of them with findings and a figure."""
    metrics = tuple(
        Metric("exact", "elements", MappingProxyType({"format": f"format{i}"})) for i in range(n_metrics - 5)
    )
    names = [f"model.layers.{i // 8}.block.{i % 8}.self_attn.q_proj.weight" for i in range(n_tensors)]
    shared = histogram()
    results = tuple(
        Result(
            "range",
            name,
            measurements=(*measurements(i)[:5], *(Measurement(metric, i * 31 + k) for k, metric in enumerate(metrics))),
            findings=findings_of(name, i),
            figures=(shared,),
        )
        for i, name in enumerate(names)
    )
    checkpoint = CheckpointReport(
        path="large",
        container="sharded safetensors",
        files=tuple(FileIdentity(f"model-{i:05}.safetensors") for i in range(100)),
        n_parameters=n_tensors * 4096,
        n_bytes=n_tensors * 8192,
        parameters_by_dtype=MappingProxyType({"bfloat16": n_tensors * 4096}),
        tensors=tuple(tensor(name, i) for i, name in enumerate(names)),
        results=results,
    )
    return replace(sample(), checkpoints=(checkpoint,), unreadable=())


PAIR = re.compile("[\ud800-\udbff](?=[\udc00-\udfff])")

texts = st.text(st.characters(exclude_categories=()), max_size=12).map(lambda text: PAIR.sub("", text))
"""Any text, lone surrogates included; two that together spell a character are none."""
integers = st.integers() | st.sampled_from((2**53, 2**53 + 1, -(2**63), 10**30))
floats = st.floats() | st.sampled_from((-0.0, math.nan, math.inf, -math.inf, 5e-324, 1.7976931348623157e308))
scalars = st.booleans() | integers | floats | texts
axes = st.builds(Axis, texts, texts, st.booleans())
columns = st.builds(Column, texts, texts | st.just("share"))


def few(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    """At most three of what the strategy draws."""
    return st.lists(strategy, max_size=3).map(tuple)


def mapped(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[Mapping[str, T]]:
    """A mapping from at most three texts."""
    return st.dictionaries(texts, strategy, max_size=3).map(MappingProxyType)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Any table."""
    header = draw(few(columns))
    row = st.tuples(*(scalars for _ in header))
    return Table(draw(texts), header, draw(few(row)))


figures = (
    tables()
    | st.builds(
        Bars, texts, axes, axes, floats, floats, few(floats), few(st.builds(Window, texts, floats, floats, floats))
    )
    | st.builds(Lines, texts, axes, axes, few(st.builds(Series, texts, few(floats), few(floats))))
    | st.builds(
        Scatter,
        texts,
        axes,
        axes,
        few(st.builds(PointGroup, texts, few(floats), few(floats), few(texts), st.booleans())),
    )
    | st.builds(
        Heatmap,
        texts,
        axes,
        axes,
        few(texts),
        few(texts),
        few(few(floats)),
        texts | st.just("share"),
        st.booleans(),
    )
    | st.builds(Barcode, texts, axes, few(st.builds(BarGroup, texts, few(floats), few(floats))))
)
metrics = st.builds(Metric, texts, texts, mapped(texts))
findings = st.builds(
    Finding,
    texts,
    st.sampled_from(Severity),
    st.none() | texts,
    texts,
    texts,
    mapped(scalars),
    st.none() | st.sampled_from(Novelty),
)
results = st.builds(
    Result,
    texts,
    st.none() | texts,
    st.sampled_from(Status),
    texts,
    few(st.builds(Measurement, metrics, scalars)),
    few(findings),
    few(figures),
)
summaries = st.builds(TensorSummary, texts, texts, few(integers), integers, integers, st.none() | texts, texts)
identities = st.builds(FileIdentity, texts, st.none() | integers, texts, texts)
checkpoints = st.builds(
    CheckpointReport,
    texts,
    texts,
    few(identities),
    integers,
    integers,
    mapped(integers),
    few(summaries),
    few(results),
    few(st.builds(Skipped, texts, texts)),
    st.booleans(),
)
options = mapped(scalars | few(scalars))
runs = st.builds(Run, texts, floats, texts, integers, mapped(texts), texts)
definitions = st.builds(Definition, texts, texts, st.sampled_from(Better), texts)
reports = st.builds(
    Report,
    few(checkpoints),
    few(st.builds(Unreadable, texts, texts)),
    mapped(st.builds(AnalyzerSummary, options, texts, few(definitions), few(texts))),
    few(st.builds(RuleSummary, texts, texts, st.sampled_from(Severity), texts, texts, texts)),
    options,
    runs,
    few(texts),
    mapped(few(identities)),
    st.none() | st.builds(Baseline, texts, texts, few(findings)),
)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """Chromium, started once; tests are skipped where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    program = next((found for name in names if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium on this machine: the page is not opened")
    with started(program, tmp_path_factory.mktemp("profile")) as chromium:
        yield chromium


@pytest.fixture(scope="session")
def any_report() -> st.SearchStrategy[Report]:
    """Reports of every kind, sensible or not."""
    return reports


@pytest.fixture(scope="session")
def any_figure() -> st.SearchStrategy[Figure]:
    """Figures of every kind, sensible or not."""
    return figures


@pytest.fixture(scope="session")
def large_report() -> Callable[[int, int], Report]:
    """Makes a report of many tensors with many measurements each."""
    return large


@pytest.fixture(scope="session")
def hostile_names() -> tuple[str, ...]:
    """Names that try to be something else, all of which the sample report has."""
    return HOSTILE_NAMES


@pytest.fixture(scope="session")
def sample_report() -> Report:
    """A report with everything in it."""
    return sample()
