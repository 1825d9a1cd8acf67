"""What the tensors of a checkpoint show together: shared and repeated bytes, mixed dtypes, totals, whole figures."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

import precisionlab
from analyzers.range import analyze
from analyzers.range.checkpoint import summarize
from analyzers.range.options import CAST_TARGETS, Options
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.figures import Bars, Table
from precisionlab.analysis.results import Result, Status
from precisionlab.analysis.tensors import Tensor

Array = NDArray[Any]
MakeTensor = Callable[..., Tensor]

SAMPLES = Path(__file__).parents[3] / "samples"


def answered(*tensors: Tensor) -> list[Answer]:
    """The tensors with the analyzer's results, as the engine hands them to `summarize`."""
    answers = [Answer(tensor, analyze(tensor, Options())) for tensor in tensors]
    for tensor in tensors:
        tensor.forget()
    return answers


def found(answers: Sequence[Answer], **options: Any) -> list[tuple[str, str | None, str]]:  # noqa: ANN401 - any option's value
    """Code, subject and message of each finding about the checkpoint."""
    result = summarize(answers, Options(**options))
    return [(finding.code, finding.subject, finding.message) for finding in result.findings]


def drawn(shape: tuple[int, ...] = (32, 32), kind: str = "float32", seed: int = 0) -> Array:
    """Normal deviates."""
    return np.random.default_rng(seed).normal(0, 1, shape).astype(getattr(ml_dtypes, kind, kind))


def same_figures(one: Array) -> Array:
    """Other bytes with the same census and the same extremes of rows and columns.

    The diagonal holds all extremes, so that the transpose of the rest changes none.
    """
    np.fill_diagonal(one, np.arange(10, 10 + len(one)))
    return np.ascontiguousarray(one.T)


def test_equal_tensors_are_stored_twice(tensor_of: MakeTensor) -> None:
    """Each after the first is reported with the first's name; their bytes are counted as duplicates."""
    array = drawn()
    answers = answered(*(tensor_of(array, name) for name in ("a", "b", "c\n")), tensor_of(drawn(seed=1), "d"))
    message = "holds the same 4,096 bytes as a"
    assert found(answers) == [("PL041", "b", message), ("PL041", "c\n", message)]
    assert summarize(answers, Options()).value("duplicate_bytes") == 2 * 4096


def test_names_in_messages_are_printable(tensor_of: MakeTensor) -> None:
    """Escapes and newlines of a name do not reach the terminal."""
    array = drawn()
    answers = answered(
        tensor_of(array, "a\x1b[31m\n"), tensor_of(array, "b"), tensor_of(array, "c", owner="a\x1b[31m\n")
    )
    assert all(message.isprintable() for _, _, message in found(answers))


@pytest.mark.parametrize("kind", ["float32", "bfloat16", "float64"])
def test_equal_figures_are_no_equality(kind: str, tensor_of: MakeTensor) -> None:
    """A transposed matrix with equal census, rows' and columns' extremes has the digest, not the bytes."""
    one = drawn(kind=kind)
    other = same_figures(one)
    answers = answered(tensor_of(one, "a"), tensor_of(other, "b"))
    assert answers[0].result.value("digest") == answers[1].result.value("digest")
    assert one.tobytes() != other.tobytes()
    assert found(answers) == []


def test_among_equal_figures_the_equal_bytes_are_found(tensor_of: MakeTensor) -> None:
    """Two pairs of equal tensors, all four of one digest, and a vector in another order."""
    one = drawn()
    other = same_figures(one)
    vector = drawn((1000,))
    named = {"a": one, "b": other, "c": one, "d": other, "e": vector, "f": vector[::-1]}
    answers = answered(*(tensor_of(array, name) for name, array in named.items()))
    assert [(subject, message.rpartition(" ")[2]) for _, subject, message in found(answers)] == [("c", "a"), ("d", "b")]


def test_permuted_rows_and_columns_are_other_tensors(tensor_of: MakeTensor) -> None:
    """Their digests differ already, and nothing is read to compare them."""
    array = drawn()
    tensors = [tensor_of(array, "a"), tensor_of(array[::-1], "b"), tensor_of(array[:, ::-1], "c")]
    answers = answered(*tensors)
    assert len({answer.result.value("digest") for answer in answers}) == 3
    assert found(answers) == []


def test_bytes_are_compared_within_a_dtype_and_shape(tensor_of: MakeTensor) -> None:
    """The same bytes as another type, or in another shape, are another tensor."""
    array = drawn(kind="float16")
    answers = answered(
        tensor_of(array, "a"),
        tensor_of(array.view(ml_dtypes.bfloat16), "b"),
        tensor_of(array.reshape(64, 16), "c"),
        tensor_of(array.reshape(-1), "d"),
    )
    assert found(answers) == []


def test_many_wide_integers_differ_by_their_extent(tensor_of: MakeTensor) -> None:
    """Packed weights in int32, too many to list: none is read again to learn that it differs."""
    random = np.random.default_rng(1)
    tensors = [tensor_of(random.integers(-(2**31), 2**31, 70_000, dtype=np.int32), name) for name in "abcdef"]
    answers = answered(*tensors)
    before = [tensor._reader.n_bytes_read for tensor in tensors]  # type: ignore[attr-defined] # the reader of conftest
    assert found(answers) == []
    assert [tensor._reader.n_bytes_read for tensor in tensors] == before  # type: ignore[attr-defined] # the same


def test_equal_wide_integers_are_found(tensor_of: MakeTensor) -> None:
    """Compared byte by byte, since their census knows little."""
    array = np.random.default_rng(1).integers(-(2**63), 2**63, 70_000, dtype=np.int64)
    other = array.copy()
    other[array.argmin() - 1] ^= 1
    answers = answered(tensor_of(array, "a"), tensor_of(other, "b"), tensor_of(array, "c"))
    assert found(answers) == [("PL041", "c", "holds the same 560,000 bytes as a")]


def test_constant_and_small_tensors_are_not_compared(tensor_of: MakeTensor) -> None:
    """Zeros and ones are equal everywhere; below 1,024 bytes nothing is reported, at 1,024 it is."""
    ones, small = np.ones((64, 64), np.float32), drawn((255,))
    answers = answered(
        *(tensor_of(array, name) for array, name in ((ones, "a"), (ones, "b"), (small, "c"), (small, "d")))
    )
    assert found(answers) == []
    assert [subject for _, subject, _ in found(answers, min_duplicate_bytes=1020)] == ["d"]
    assert found(answers, min_duplicate_bytes=1021) == []


def test_views_share_storage_and_are_not_repetitions(tensor_of: MakeTensor) -> None:
    """Totals count their bytes once."""
    array = drawn()
    array[0] = 0, *array[0, 1:]
    answers = answered(tensor_of(array, "a"), tensor_of(array, "b", owner="a"), tensor_of(array.T, "c", owner="a"))
    message = "shares its storage with a"
    assert found(answers) == [("PL040", "b", message), ("PL040", "c", message)]
    result = summarize(answers, Options())
    assert (result.value("elements"), result.value("zeros"), result.value("duplicate_bytes")) == (1024, 1, 0)
    assert drawn_bars(result) == drawn_bars(answers[0].result)


def test_the_sample_with_shared_storage() -> None:
    """Three views of an embedding, and a copy with bytes of its own."""
    (checkpoint,) = precisionlab.scan(SAMPLES / "shared-storage.pth", analyzers=["range"]).checkpoints
    assert {(finding.code, finding.subject) for finding in checkpoint.findings} == {
        ("PL040", "tied.weight"),
        ("PL040", "transposed.weight"),
        ("PL040", "rows.weight"),
        ("PL041", "copied.weight"),
    }
    whole = checkpoint.results[-1]
    assert (whole.subject, whole.value("elements")) == (None, 2 * 48 * 32 + 32 * 32)
    assert whole.value("duplicate_bytes") == 48 * 32 * 2


@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [
        (["float16", "float16", "float16"], {}),
        (["float32"], {}),
        (["bfloat16", "float32", "bfloat16"], {1: "is float32, where 2 of 3 tensors layers.*.w are bfloat16"}),
        (["float32", "bfloat16"], {1: "is bfloat16, where 1 of 2 tensors layers.*.w is float32"}),
        (
            ["float16", "bfloat16", "bfloat16", "float16"],
            dict.fromkeys((1, 2), "is bfloat16, where 2 of 4 tensors layers.*.w are float16"),
        ),
        (
            ["float64", "int8", "float16", "int8"],
            {
                0: "is float64, where 2 of 4 tensors layers.*.w are int8",
                2: "is float16, where 2 of 4 tensors layers.*.w are int8",
            },
        ),
    ],
    ids=["equal", "alone", "one odd", "tie of two", "tie of four", "three types"],
)
def test_odd_dtypes_among_siblings(dtypes: list[str], expected: dict[int, str], tensor_of: MakeTensor) -> None:
    """The rarer are reported; of a tie those that are not of the first tensor's dtype."""
    arrays = [np.ones(2).astype(getattr(ml_dtypes, dtype, dtype)) for dtype in dtypes]
    answers = answered(*(tensor_of(array, f"layers.{i}.w") for i, array in enumerate(arrays)))
    assert found(answers) == [("PL050", f"layers.{i}.w", message) for i, message in expected.items()]


def test_siblings_differ_in_numbers_only(tensor_of: MakeTensor) -> None:
    """Numbers anywhere in the name, of any length; other names are no siblings."""
    names = ("blocks.9.experts.3.w1", "blocks.10.experts.12.w2", "blocks.10.bias", "block.10.experts.12.w2")
    arrays = [np.ones(2, kind) for kind in (np.float32, np.float16, np.float64, np.int8)]
    answers = answered(*(tensor_of(array, name) for array, name in zip(arrays, names, strict=True)))
    assert [subject for _, subject, _ in found(answers)] == [names[1]]


def test_tensors_that_could_not_be_judged_are_left_out(tensor_of: MakeTensor) -> None:
    """A failed result has no measurements; the others are summed without it."""
    done = answered(tensor_of(drawn(), "layers.0.w"))
    failed = Answer(
        tensor_of(drawn(kind="float16"), "layers.1.w"), Result("range", "layers.1.w", Status.FAILED, "broken")
    )
    assert summarize([*done, failed], Options()).value("elements") == 1024
    assert found([*done, failed]) == []


def test_an_empty_checkpoint_has_an_empty_summary() -> None:
    """No tensor, no element, no figure."""
    result = summarize([], Options())
    assert (result.value("elements"), result.figures, result.findings) == (0, (), ())


def drawn_bars(result: Result) -> dict[int, int]:
    """Elements by binary exponent, as the result's bars show them."""
    (bars,) = (figure for figure in result.figures if isinstance(figure, Bars))
    return {int(bars.first) + i: int(height) for i, height in enumerate(bars.heights) if height}


def test_whole_figures_are_the_sums_of_the_tensors(tensor_of: MakeTensor) -> None:
    """Bars, casts and totals over all float tensors; integers count as elements only."""
    with np.errstate(over="ignore"):
        arrays = [
            drawn() * np.float32(1e-6),
            drawn(kind="bfloat16"),
            drawn(kind="float64", seed=3) * 1e200,
            np.array([0, 1e30, np.nan, np.inf, 1e-40], np.float32),
            np.zeros((3, 3), np.float16),
            np.arange(9, dtype=np.int8),
        ]
    answers = answered(*(tensor_of(array, name) for array, name in zip(arrays, "abcdef", strict=True)))
    whole = summarize(answers, Options())
    floats = [answer.result for answer in answers if answer.result.figures]
    assert len(floats) == 4
    bars: Counter[int] = sum((Counter(drawn_bars(result)) for result in floats), Counter())
    assert drawn_bars(whole) == dict(sorted(bars.items()))
    n_nonzero = sum(bars.values())
    (table,) = (figure for figure in whole.figures if isinstance(figure, Table))
    for row in table.rows:
        keys = [f"cast_{name}[format={row[0]}]" for name in ("overflows", "underflows", "subnormals", "exact")]
        totals = [sum(int(result.value(key)) for result in floats) for key in keys]
        assert row[1:] == (*totals, totals[-1] / n_nonzero)
    assert [row[0] for row in table.rows] == list(CAST_TARGETS)
    for name in ("elements", "zeros", "subnormals", "infinities", "nans"):
        assert whole.value(name) == sum(int(answer.result.value(name)) for answer in answers)
