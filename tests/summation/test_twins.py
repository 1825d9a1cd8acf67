"""The torch twin, which sums on accelerators, called on tensors of the CPU: bit for bit what the compiled loops give."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from precisionlab.summation import by_column, dot_by, ill_conditioned, sum_by, tensors
from precisionlab.summation import settings as call
from precisionlab.summation.lanes import sum_lanes
from tests.summation.values import (
    COMPENSATED,
    MULTIPLYING,
    SUMMING,
    Array,
    array_of,
    assert_same,
    by_working,
    kind_of,
    numbers_of,
    rows,
    to_torch,
)

SEGMENTED = (by_column, tensors)
"""Both cut long sums into segments."""


def twin_of(method: str, working: str | None, arrays: list[Array], lanes: int | None = None) -> list[float]:
    """What the twin makes of the columns of one array [n, sums], or of the products of two."""
    factors: list[Tensor] = [to_torch(array) for array in arrays]
    setting = call.settled(factors[0], method, working, lanes, None)
    return numbers_of(tensors.column_sums(setting, factors))


@by_working
@settings(max_examples=12)
@given(data=st.data())
def test_sums_of_the_twin(array_type: str, working: str | None, data: st.DataObject) -> None:
    """By every method, with zeros of both signs, subnormals, infinities, NaN and overflows."""
    columns = array_of(data.draw(rows(array_type).filter(lambda drawn: len(drawn[0]) > 0)), array_type).T
    for method in SUMMING:
        compiled = sum_by(columns, method, axis=0, working=working)
        # The twin's results are not in the array's type yet, but hold the same numbers.
        assert_same(compiled, twin_of(method, working, [columns]), method, columns)


@by_working
@settings(max_examples=6)
@given(data=st.data(), lanes=st.integers(2, 9), segment=st.integers(1, 20))
def test_lanes_of_the_twin(array_type: str, working: str | None, data: st.DataObject, lanes: int, segment: int) -> None:
    """Dealt out in segments, those that come out even and others."""
    drawn = data.draw(rows(array_type, 24).filter(lambda drawn: len(drawn[0]) > 0))
    x, y = array_of(drawn[:2], array_type).T, array_of(np.clip(drawn[2:], -4.0, 4.0).tolist(), array_type).T
    with pytest.MonkeyPatch.context() as patch:
        for module in SEGMENTED:
            patch.setattr(module, "SEGMENT", segment)
        for method in SUMMING:
            compiled = sum_by(x, method, axis=0, working=working, lanes=lanes)
            assert_same(compiled, twin_of(method, working, [x], lanes), method, lanes, x)
        if array_type != "float64" or working is not None:
            for method in (*COMPENSATED, *MULTIPLYING):
                compiled = dot_by(x, y, method, axis=0, working=working, lanes=lanes)
                assert_same(compiled, twin_of(method, working, [x, y], lanes), method, lanes, x, y)


@by_working
@settings(max_examples=12)
@given(data=st.data())
def test_dot_products_of_the_twin(array_type: str, working: str | None, data: st.DataObject) -> None:
    """By every method; in float64 itself of numbers whose products neither under- nor overflow, which splitting needs."""
    drawn = data.draw(rows(array_type, n_rows=4).filter(lambda drawn: len(drawn[0]) > 0))
    if array_type == "float64" and working is None:
        drawn = [[number if number == 0 or 1e-60 < abs(number) < 1e60 else 1.5 for number in row] for row in drawn]
    x, y = array_of(drawn[:2], array_type).T, array_of(drawn[2:], array_type).T
    for method in (*SUMMING, *MULTIPLYING):
        compiled = dot_by(x, y, method, axis=0, working=working)
        assert_same(compiled, twin_of(method, working, [x, y]), method, x, y)


@pytest.mark.parametrize("method", [*SUMMING, *MULTIPLYING])
@pytest.mark.parametrize("type_name", ["float32", "float64", "bfloat16"])
def test_long_sums_of_the_twin(method: str, type_name: str) -> None:
    """66,001 terms: 256 lanes of compensated methods, of which some are one term longer; 501 for the others."""
    is_dealt_out = method in COMPENSATED or method.startswith("dot")
    n = 66_001 if is_dealt_out else 501
    random = np.random.default_rng(len(method))
    arrays = [np.ldexp(random.standard_normal((n, 1)), random.integers(-6, 6, (n, 1))) for _ in range(2)]
    x, y = (array.astype(kind_of(type_name)) for array in arrays)
    if method not in MULTIPLYING:
        assert_same(sum_by(x, method, axis=0), twin_of(method, None, [x]))
    assert_same(dot_by(x, y, method, axis=0), twin_of(method, None, [x, y]))


@pytest.mark.parametrize("method", [*SUMMING[:-1], *MULTIPLYING])
@pytest.mark.parametrize("working", ["float64", "float32", "bfloat16", "e5m7"])
def test_what_the_twin_keeps_aside(method: str, working: str) -> None:
    """Each part of the sums of seven ill-conditioned lanes, also those that hardly show in the results."""
    settled = call.settled(np.ones(1), method, working, None, None)
    drawn = [ill_conditioned(60, 1e12, seed) for seed in range(7)]
    factors = [call.in_working(settled, np.stack(columns, axis=1)) for columns in zip(*drawn, strict=True)]
    compiled, twin = (
        module_parts(settled, factors if method in MULTIPLYING else factors[:1]) for module_parts in (parts, twin_parts)
    )
    assert compiled.tobytes() == twin.tobytes()
    assert compiled.shape[1] == 7


def parts(setting: call.Setting, factors: list[Array]) -> Array:
    """Those of the compiled loops."""
    made: Array = sum_lanes(by_column.lanes_of(setting, factors), setting.method, setting.anchors, threads=1)
    return made


def twin_parts(setting: call.Setting, factors: list[Array]) -> Array:
    """Those of the twin."""
    made: Array = tensors.parts_of(setting, [torch.from_numpy(factor) for factor in factors]).numpy()
    return made


@pytest.mark.parametrize("working", [None, "e4m7", "float8_e5m2"])
def test_exact_sums_of_the_twin(working: str | None) -> None:
    """Of all exponents, nearly all of which cancel."""
    random = np.random.default_rng(3)
    half = np.ldexp(random.standard_normal(2_000), random.integers(-1_000, 1_000, 2_000))
    columns = np.stack([random.permutation(np.concatenate((half, -half, half[i : i + 1]))) for i in range(5)], axis=1)
    assert_same(sum_by(columns, axis=0, working=working), twin_of("exact", working, [columns]))


def test_what_does_not_lie_on_the_cpu_goes_to_the_twin() -> None:
    """And nothing else: `meta` is a device everywhere, if one without numbers."""
    calls: list[str] = []

    def summed(setting: call.Setting, columns: list[Tensor]) -> Array:
        calls.append(setting.method.name)
        return np.zeros(columns[0].shape[1])

    setting = call.settled(np.ones(3), "kahan", None, None, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tensors, "column_sums", summed)
        tensors.tensor_sums(setting, torch.ones(3, dtype=torch.float64), None)
        assert calls == []
        with pytest.raises(NotImplementedError, match="meta"):
            tensors.tensor_sums(setting, torch.ones(3, dtype=torch.float64, device="meta"), None).cpu()
        assert calls == ["kahan"]
