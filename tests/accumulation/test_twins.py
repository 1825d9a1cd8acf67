"""That the torch twin, which serves other devices, gives the numbers of the compiled loops bit for bit."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from precisionlab.accumulation import Strassen, accelerator, matmul_by, parse_accumulator
from precisionlab.accumulation.products import key_for
from precisionlab.accumulation.rows import add_blocks
from tests.accumulation.inputs import (
    REPRESENTATIVES,
    beside_a_subnormal_sum,
    drawn_factors,
    factors,
    seed_of,
    written_in,
)
from tests.accumulation.oracles import ORACLES, UNIT_OF
from tests.accumulation.published import PUBLISHED, RECORDS
from tests.accumulation.vectors import UNITS

Array = NDArray[Any]


def twin(w: Array, x: Array, name: str) -> Tensor:
    """The product by the twin."""
    made = parse_accumulator(name)
    assert not isinstance(made, Strassen)
    key = key_for(made, seed_of(name).get("seed"))
    return accelerator.device_product(torch.from_numpy(w), torch.from_numpy(x), made, key)


@pytest.mark.parametrize("name", ORACLES)
def test_twins_agree(name: str) -> None:
    """On factors of all kinds, whole blocks and not."""
    for k in (1, 70):
        w, x = factors(name, (10, k, 10), seed=k)
        assert written_in(twin(w, x, name)) == written_in(matmul_by(w, x, name, **seed_of(name)))


@settings(max_examples=200)
@given(st.sampled_from(sorted(ORACLES)).flatmap(lambda name: st.tuples(st.just(name), drawn_factors(name))))
def test_twins_agree_on_any_numbers(drawn: tuple[str, tuple[Array, Array]]) -> None:
    """Float32 of any kind, none, one or a few."""
    name, (w, x) = drawn
    product = twin(w, x, name)
    assert product.shape == (len(w), x.shape[1])
    assert written_in(product) == written_in(matmul_by(w, x, name, **seed_of(name)))


@pytest.mark.parametrize("name", REPRESENTATIVES)
def test_pieces_of_the_twin_do_not_matter(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row at a time, or some rows."""
    w, x = factors(name, (7, 21, 3))
    straight = written_in(matmul_by(w, x, name, **seed_of(name)))
    for at_once in (1, 21 * 3 * 2):
        monkeypatch.setattr(accelerator, "AT_ONCE", at_once)
        assert written_in(twin(w, x, name)) == straight


@pytest.mark.parametrize("name", ["a100_fp16", "h100_bf16", "h100_tf32", "h100_fp8", "h100_fp8_e5m2"])
def test_the_twin_rounds_factors_to_those_of_tensor_cores(name: str) -> None:
    """Float32 of any size."""
    random = np.random.default_rng(5)
    w, x = ((random.standard_normal(shape) * 2.0 ** random.integers(-30, 20, shape)) for shape in ((9, 40), (40, 9)))
    w, x = w.astype(np.float32), x.astype(np.float32)
    assert written_in(twin(w, x, name)) == written_in(matmul_by(w, x, name))


@pytest.mark.parametrize("name", ["a100_bf16", "h100_bf16", "h100_tf32"])
def test_the_twin_aligns_with_subnormal_sums(name: str) -> None:
    """As if they were normal."""
    w, x = beside_a_subnormal_sum(UNITS[UNIT_OF[name]])
    assert twin(w, x, name).item() == 2.0**-140


@pytest.mark.parametrize("unit", RECORDS)
def test_the_twin_gives_published_answers(unit: str) -> None:
    """Of all units, whatever is in the accumulator, all at once."""
    made = RECORDS[unit]
    for one in (one for one in PUBLISHED if one.unit == unit):
        w, x = torch.tensor([one.w], dtype=torch.float64), torch.tensor(one.x, dtype=torch.float64)[:, None]
        start = torch.tensor([[one.start]], dtype=torch.float64)
        assert written_in(accelerator.with_blocks(start, w, x, made)) == written_in(np.array([one.answer]))
        sums = np.array([one.start])
        add_blocks(w.numpy().T.copy(), x.numpy()[:, 0].copy(), sums, made)
        assert written_in(sums) == written_in(np.array([one.answer]))
