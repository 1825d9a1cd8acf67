"""The elements that lose most, against all elements sorted."""

import tracemalloc
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from precisionlab.analysis import worst
from precisionlab.analysis.cast_losses import By, CastRequest, Fate
from precisionlab.analysis.census import survey
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.worst import Ranking, rank
from precisionlab.checkpoints.model import ByteRange, TensorInfo
from precisionlab.checkpoints.reading import FileReader
from precisionlab.formats import Overflow, Rounding
from precisionlab.formats.naming import ELEMENTS
from precisionlab.formats.specials import Special

Values = NDArray[Any]


def ranking_of(folder: Path, dtype: str, values: Values, cast: CastRequest, count: int) -> Ranking:
    """The ranking of an array that is written to a file."""
    path = folder / "stored"
    path.write_bytes(values.tobytes())
    info = TensorInfo("weight", dtype, values.shape, ByteRange(str(path), 0, path.stat().st_size))
    with FileReader() as reader:
        return rank(Tensor(info, reader), cast, count)


def by_numpy(name: str) -> Callable[[Values], NDArray[np.float64]]:
    """A cast by numpy or ml_dtypes, back in float64."""
    return lambda values: values.astype(getattr(ml_dtypes, name, None) or name).astype(np.float64)


def to_int8(values: Values) -> NDArray[np.float64]:
    """Integers beyond the ends become the ends."""
    return np.clip(values, -128, 127).astype(np.float64)


def random_floats(kind: type[Any]) -> Values:
    """Numbers of all magnitudes, integers, halves, ties, specials, and repeated ones."""
    rng = np.random.default_rng(11)
    spread = rng.standard_normal(3000) * 2.0 ** rng.integers(-30, 30, 3000)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 65504, 65519.9, 65520, 448, 464, 465, 2**-10, 2**-11, 1e-45, 57344]
    with np.errstate(over="ignore"):
        values: Values = np.concatenate([spread, special, -np.array(special), spread[:200], np.arange(70)]).astype(kind)
    return rng.permutation(values)[:3276].reshape(4, 21, 39)


CASES = {
    "fp32 to e4m3fn": ("float32", random_floats(np.float32), "float8_e4m3fn", by_numpy("float8_e4m3fn")),
    "bf16 to fp16": ("bfloat16", random_floats(ml_dtypes.bfloat16), "float16", by_numpy("float16")),
    "fp16 to e5m2": ("float16", random_floats(np.float16), "float8_e5m2", by_numpy("float8_e5m2")),
    "fp64 to fp32": ("float64", random_floats(np.float64), "float32", by_numpy("float32")),
    "fp32 to e2m1": ("float32", np.nan_to_num(random_floats(np.float32)), "float4_e2m1fn", by_numpy("float4_e2m1fn")),
    "int32 to int8": (
        "int32",
        np.random.default_rng(2).integers(-300, 300, (50, 40), np.int32),
        "int8",
        to_int8,
    ),
}


@pytest.mark.parametrize("by", By, ids=lambda by: by.value)
@pytest.mark.parametrize("count", [1, 20, 10_000])
@pytest.mark.parametrize("case", CASES)
def test_the_worst_are_those_of_brute_force(case: str, count: int, by: By, tmp_path: Path) -> None:
    """Indices, values and errors equal those of the whole tensor, cast by another library and sorted exactly."""
    dtype, values, target, casting = CASES[case]
    ranking = ranking_of(tmp_path, dtype, values, CastRequest(ELEMENTS.find(target), by=by), count)
    expected = sorted_by_loss(values, casting, by)[:count]
    assert [loser.index for loser in ranking.losers] == [index for index, _, _ in expected]
    for loser, (_, error, _) in zip(ranking.losers, expected, strict=True):
        assert loser.error == (Special.INFINITY if error is None else error)


def sorted_by_loss(values: Values, casting: Callable[[Values], Values], by: By) -> list[tuple[Any, Any, Any]]:
    """Index, exact error (None for an infinite one) and rank of all numbers that the cast changes."""
    with np.errstate(all="ignore"):
        results = casting(values)
    rows = []
    for index in np.ndindex(values.shape):
        number, result = float(values[index]), float(results[index])
        if number != result and not np.isnan(number):
            is_finite = np.isfinite(number) and np.isfinite(result)
            error = Fraction(result) - Fraction(number) if is_finite else None
            rows.append((index, error, rank_of(number, error, index, by)))
    return sorted(rows, key=lambda row: row[2])


def rank_of(number: float, error: Fraction | None, index: tuple[int, ...], by: By) -> tuple[Any, ...]:
    """What sorts the worst first; relative errors as float64 has them, where many beyond the largest number are 1."""
    if error is None:
        return (-np.inf, -abs(number), index)
    return (-(float(abs(error)) / abs(number) if by is By.RELATIVE else abs(error)), 0, index)


@pytest.mark.parametrize("dtype", ["float32", "float4_e2m1fn", "float6_e3m2fn", "complex64", "bfloat16"])
def test_where_blocks_end_makes_no_difference(dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 48 bytes and slices of 7 numbers give what one block gives, ties and counts included."""
    n_bytes = 1200
    info = TensorInfo(
        "weight", dtype, (n_bytes * 8 // survey_bits(dtype),), ByteRange(str(tmp_path / "stored"), 0, n_bytes)
    )
    (tmp_path / "stored").write_bytes(np.random.default_rng(1).bytes(n_bytes))
    cast = CastRequest(ELEMENTS.find("int4"))
    with FileReader() as reader:
        whole = rank(Tensor(info, reader), cast, 33)
        monkeypatch.setattr(survey, "BLOCK_BYTES", 48)
        monkeypatch.setattr(survey, "SEXTET_BLOCK_BYTES", 48)
        monkeypatch.setattr(worst, "SLICE", 7)
        assert rank(Tensor(info, reader), cast, 33) == whole
    assert whole.n_numbers == info.n_elements * (2 if dtype == "complex64" else 1)


def survey_bits(dtype: str) -> int:
    """Bits of an element."""
    return {"float32": 32, "float4_e2m1fn": 4, "float6_e3m2fn": 6, "complex64": 64, "bfloat16": 16}[dtype]


def test_a_tensor_of_several_blocks(tmp_path: Path) -> None:
    """More than 4 MiB, the worst ones around the borders."""
    values = np.random.default_rng(4).standard_normal(2_500_000).astype(np.float32)
    borders = [0, (1 << 18) - 1, 1 << 18, (1 << 20) - 1, 1 << 20, (2 << 20) - 1, 2 << 20, values.size - 1]
    values[borders] = 65519  # loses 15 in float16
    ranking = ranking_of(tmp_path, "float32", values, CastRequest(ELEMENTS.find("float16")), 9)
    assert [loser.index[0] for loser in ranking.losers][:8] == borders
    assert ranking.losers[0].error == -15
    losses = np.abs(values.astype(np.float16).astype(np.float64) - values)
    assert ranking.counts[Fate.EXACT] == np.count_nonzero(losses == 0)
    assert ranking.losers[8].index[0] == np.lexsort((np.arange(values.size), -losses))[8]


def test_every_number_is_counted_once(tmp_path: Path) -> None:
    """Overflow is judged after rounding, infinities that stay are exact, NaN are apart."""
    values = np.array([1, 1.0001, 1e-9, 1e6, 65519, 65520, np.inf, -np.inf, np.nan, -0.0], np.float32)
    ranking = ranking_of(tmp_path, "float32", values, CastRequest(ELEMENTS.find("float16")), 10)
    assert ranking.counts == {Fate.EXACT: 4, Fate.ROUNDED: 2, Fate.UNDERFLOW: 1, Fate.OVERFLOW: 2, Fate.NAN: 1}
    assert [loser.index for loser in ranking.losers] == [(3,), (5,), (4,), (1,), (2,)]


def test_saturation_counts_as_overflow_with_a_finite_error(tmp_path: Path) -> None:
    """What is cut to the largest number ranks by what it loses; infinity loses infinitely."""
    values = np.array([1e6, 65519, np.inf, 2.0], np.float32)
    cast = CastRequest(ELEMENTS.find("float16"), Rounding.NEAREST_EVEN, Overflow.SATURATE)
    ranking = ranking_of(tmp_path, "float32", values, cast, 10)
    assert [loser.index for loser in ranking.losers] == [(2,), (0,), (1,)]
    assert [loser.error for loser in ranking.losers] == [Special.INFINITY, Fraction(65504 - 10**6), Fraction(-15)]
    assert ranking.counts[Fate.OVERFLOW] == 2


def test_nothing_lost_is_no_loser(tmp_path: Path) -> None:
    """Only numbers that change are ranked, however many are asked for."""
    ranking = ranking_of(tmp_path, "int32", np.arange(10, dtype=np.int32), CastRequest(ELEMENTS.find("bf16")), 5)
    assert ranking.losers == ()
    assert ranking.counts[Fate.EXACT] == 10


def test_signalling_nans_are_silent(tmp_path: Path) -> None:
    """They are counted, in formats without NaN too, and warn of nothing."""
    values = np.array([0x7F800001, 0x7FC00000, 0x40490FDB], np.uint32)
    ranking = ranking_of(tmp_path, "float32", values, CastRequest(ELEMENTS.find("fp4")), 5)
    assert ranking.counts[Fate.NAN] == 2
    assert len(ranking.losers) == 1


def test_parts_of_complex_numbers_are_ranked_apart(tmp_path: Path) -> None:
    """Each with the name of its part."""
    values = np.array([[1 + 1e-3j, 70000 + 2j]], np.complex64)
    ranking = ranking_of(tmp_path, "complex64", values, CastRequest(ELEMENTS.find("float16")), 5)
    assert [(loser.index, loser.component) for loser in ranking.losers] == [((0, 1), "real"), ((0, 0), "imaginary")]
    assert ranking.n_numbers == 4


def test_memory_does_not_grow_with_the_tensor(tmp_path: Path) -> None:
    """Of 64 MiB in a file a block and a few slices are held at once."""
    path, n_elements = tmp_path / "hole", 16 << 20
    with path.open("wb") as file:
        file.truncate(4 * n_elements)
    info = TensorInfo("weight", "float32", (n_elements,), ByteRange(str(path), 0, 4 * n_elements))
    tracemalloc.start()
    try:
        with FileReader() as reader:
            ranking = rank(Tensor(info, reader), CastRequest(ELEMENTS.find("float16")), 10_000)
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
    finally:
        tracemalloc.stop()
    assert ranking.counts[Fate.EXACT] == n_elements
