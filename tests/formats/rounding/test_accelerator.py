"""The torch twin against the compiled loops: same bits for every format, mode and policy, from all four types."""

from functools import cache
from itertools import product
from typing import get_args

import numpy as np
import pytest
import torch
from torch import Tensor

from precisionlab.errors import FormatError, UsageError
from precisionlab.formats import FloatFormat, IntegerFormat
from precisionlab.formats.modes import Rounding
from precisionlab.formats.naming import ELEMENTS
from precisionlab.formats.rounding import draws_of, encode, policy_of, round_to
from precisionlab.formats.rounding.accelerator import INTEGERS, decode_tensor, encode_tensor, round_tensor
from precisionlab.formats.rounding.plan import Job, job_for
from precisionlab.formats.rounding.policy import Subnormals
from precisionlab.formats.rounding.working import SOURCES

pytestmark = pytest.mark.usefixtures("one_thread")

TARGETS = [form.name for form in ELEMENTS.values() if isinstance(form, FloatFormat | IntegerFormat) and form.bits <= 64]
MODES = [mode.value for mode in Rounding]


POLICIES = list(product(("ieee", "saturate"), get_args(Subnormals)))
EDGES = [0.0, -0.0, np.inf, -np.inf, np.nan, 0.5, -0.5, 1.5, -2.5, 448, 464, 465, 65504, 65520, 6, 7, 2.0**63, -128.5]


@cache
def specimen(source: str, *, with_nan: bool) -> Tensor:
    """Every third pattern of a 16-bit type, many of a wider one, and edges."""
    word = np.dtype(f"u{getattr(torch, source).itemsize}")
    if word.itemsize == 2:
        patterns = np.arange(0, 65536, 3, dtype=np.uint16)
    else:
        random = np.random.default_rng(0)
        near_one = random.standard_normal(5000) * 2.0 ** random.integers(-20, 20, 5000)
        drawn = random.integers(0, np.iinfo(word).max, 5000, dtype=word, endpoint=True)
        patterns = np.concatenate([drawn, near_one.astype(source).view(word)])
    values = torch.from_numpy(patterns.view(f"i{word.itemsize}")).view(getattr(torch, source))
    values = torch.cat([values, torch.tensor(EDGES).to(values.dtype)])
    return values if with_nan else values[~values.isnan()]


def job_of(values: Tensor, target: str, mode: str, overflow: str, subnormals: Subnormals, **draw: int) -> Job:
    """The work that `round_to` would do."""
    policy = policy_of(mode, overflow, subnormals)
    source = SOURCES[str(values.dtype).removeprefix("torch.")]
    draws = draws_of(policy, draw.get("seed"), draw.get("random_bits"), draw.get("first_index", 0))
    return job_for(ELEMENTS[target], source, policy, draws)


def same_bits(first: Tensor, second: Tensor) -> bool:
    """Whether two tensors hold the same patterns, NaN included."""
    kind = INTEGERS[str(first.dtype).removeprefix("torch.")]
    return torch.equal(first.view(kind), second.view(kind))


def rounded_or_error(values: Tensor, job: Job) -> Tensor | str:
    """What the twin rounds to, or the words of its refusal."""
    try:
        return round_tensor(values, job)
    except FormatError as error:
        return str(error)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", SOURCES)
def test_twins_agree_bit_for_bit(source: str, target: str) -> None:
    """Numbers and codes of both are the same; where one refuses a result, so does the other, in the same words."""
    form = ELEMENTS[target]
    values = specimen(source, with_nan=isinstance(form, FloatFormat) and form.has_nan)
    for turn, mode in enumerate(MODES):
        overflow, subnormals = POLICIES[(turn + TARGETS.index(target)) % len(POLICIES)]
        job = job_of(values, target, mode, overflow, subnormals)
        codes = encode(values, target, mode, overflow=overflow, subnormals=subnormals)
        assert torch.equal(encode_tensor(values, job).to(torch.int64), codes.to(torch.int64)), (mode, overflow)
        twin = rounded_or_error(values, job)
        if isinstance(twin, str):
            with pytest.raises(FormatError, match="does not hold") as refusal:
                round_to(values, target, mode, overflow=overflow, subnormals=subnormals)
            assert str(refusal.value) == twin
        else:
            rounded = round_to(values, target, mode, overflow=overflow, subnormals=subnormals)
            assert same_bits(rounded, twin), (mode, overflow, subnormals)


@pytest.mark.parametrize("random_bits", [1, 32, 62])
@pytest.mark.parametrize(
    "target", ["float8_e4m3fn", "float4_e2m1fn", "bfloat16", "int8", "float8_e4m3fnuz", "binary8p1"]
)
@pytest.mark.parametrize("source", SOURCES)
def test_twins_draw_the_same(source: str, target: str, random_bits: int) -> None:
    """Stochastic rounding gives the same bits, for seeds and first indices of many bits, too."""
    values = specimen(source, with_nan=False)
    if source == "float16":  # which does not hold what larger ones may become
        values = values[values.abs() <= 2.0**15]
    for seed, first_index in ((-1, 12345), (1 << 70, (1 << 61) + 7)):
        job = job_of(
            values,
            target,
            "stochastic",
            "saturate",
            "keep",
            seed=seed,
            random_bits=random_bits,
            first_index=first_index,
        )
        codes = encode(
            values,
            target,
            "stochastic",
            overflow="saturate",
            seed=seed,
            random_bits=random_bits,
            first_index=first_index,
        )
        assert torch.equal(encode_tensor(values, job), codes)
        assert same_bits(
            round_tensor(values, job),
            round_to(
                values,
                target,
                "stochastic",
                overflow="saturate",
                seed=seed,
                random_bits=random_bits,
                first_index=first_index,
            ),
        )


def test_twin_refuses_nan_where_the_format_has_none() -> None:
    """As the compiled loops do."""
    values = torch.tensor([1.0, torch.nan])
    for action in (round_tensor, encode_tensor):
        with pytest.raises(FormatError, match="has no NaN"):
            action(values, job_of(values, "int8", "up", "ieee", "keep"))


def test_twin_takes_tensors_larger_than_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks are seamless, stochastic rounding included, on the twin as in the compiled loops."""
    monkeypatch.setattr("precisionlab.formats.rounding.accelerator.BLOCK", 1000)
    values = torch.randn(70_001, generator=torch.Generator().manual_seed(0)).to(torch.bfloat16)
    deterministic = job_of(values, "float8_e5m2", "down", "ieee", "keep")
    assert same_bits(round_tensor(values, deterministic), round_to(values, "float8_e5m2", "down"))
    drawing = job_of(values, "float8_e5m2", "stochastic", "ieee", "keep", seed=5)
    assert same_bits(round_tensor(values, drawing), round_to(values, "float8_e5m2", "stochastic", seed=5))


def test_codes_of_wide_formats_decode_by_way_of_numpy() -> None:
    """binary32 and 64-bit integers decode to the numbers that torch shows."""
    numbers = torch.tensor([1.5, -2.0, 1e30, float("inf")])
    assert torch.equal(
        decode_tensor(numbers.view(torch.int32).view(torch.uint32), ELEMENTS["float32"]), numbers.double()
    )
    integers = torch.tensor([1, -5, 1 << 40])
    assert torch.equal(decode_tensor(integers.view(torch.uint64), ELEMENTS["int64"]), integers.double())


def test_codes_that_are_none_are_errors() -> None:
    """Too wide, negative, or no integers."""
    for code in (16, -1):
        with pytest.raises(FormatError, match="negative or wider than 4 bits"):
            decode_tensor(torch.tensor([code]), ELEMENTS["float4_e2m1fn"])
    with pytest.raises(UsageError, match="codes are integers"):
        decode_tensor(torch.tensor([1.0]), ELEMENTS["float4_e2m1fn"])
