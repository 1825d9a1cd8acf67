"""Factors of matrix products, made for what goes wrong in a format; products by the oracles; when two are the same."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import ml_dtypes
import numpy as np
import torch
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.accumulation.oracles import FORMATS, ORACLES, UNIT_OF, bits_at
from tests.accumulation.reference import FLOAT64, BlockUnit, Format
from tests.accumulation.vectors import UNITS

Array = NDArray[Any]
Random = np.random.Generator
SEED = 7
"""Of stochastic rounding, where no test says otherwise."""
REPRESENTATIVES = (
    "fp32",
    "fp64_fma",
    "bf16_fma",
    "fp16_floor",
    "m7e4_fma_floor",
    "fp16_fma_away",
    "e4m7_fma_sr8",
    "fp32_sr23",
    "fp16_pairwise",
    "fp32_blocked7",
    "bf16_fma_blocked7",
    "fp16_kahan",
    "fp16_promoted8",
    "fp16_sr8_promoted7",
    "a100_fp16_to_fp16",
    "h100_tf32",
    "h100_fp8_promoted128",
    "h100_fp8_e5m2_promoted40_into_fp16",
)
"""One of each model."""


HOLDERS = {**FORMATS, "fp64": FLOAT64, "m7e4": FORMATS["e4m7"]}


def holder(name: str) -> tuple[Format, Callable[[Array], Array]]:
    """The format whose edges an accumulator's inputs should reach, and what makes an array one of its operands."""
    base = max((one for one in (*UNIT_OF, *HOLDERS) if name.startswith(one)), key=len)
    if base in HOLDERS:
        return HOLDERS[base], single
    return UNITS[UNIT_OF[base]].result, OPERANDS[UNIT_OF[base].split()[1]]


def single(array: Array) -> Array:
    """Float32."""
    return array.astype(np.float32)


def through(kind: Any) -> Callable[[Array], Array]:  # noqa: ANN401 - numpy's types and those of ml_dtypes
    """Float32 that are numbers of another type."""
    return lambda array: array.astype(kind).astype(np.float32)


def as_tf32(array: Array) -> Array:
    """Float32 of ten fraction bits."""
    words = np.ascontiguousarray(single(array)).view(np.uint32) & np.uint32(0xFFFFE000)
    return np.asarray(words.view(np.float32))


OPERANDS: dict[str, Callable[[Array], Array]] = {
    "fp16": through(np.float16),
    "bf16": through(ml_dtypes.bfloat16),
    "tf32": as_tf32,
    "e4m3": through(ml_dtypes.float8_e4m3fn),
    "e5m2": through(ml_dtypes.float8_e5m2),
}

Style = Callable[[Random, Format, int], Array]


def top_of(target: Format) -> int:
    """An exponent whose double is about the largest one; no more than float32's."""
    return min(math.frexp(float(target.max_finite))[1] - 1, 127) // 2


def ordinary(random: Random, _: Format, k: int) -> Array:
    """N(0, 1)."""
    return random.standard_normal(k)


def of_one_sign(random: Random, _: Format, k: int) -> Array:
    """Sums that grow."""
    return random.random(k)


def spread(random: Random, target: Format, k: int) -> Array:
    """Exponents from end to end."""
    return random.standard_normal(k) * 2.0 ** random.integers(-top_of(target), top_of(target) + 1, k)


def tiny(random: Random, target: Format, k: int) -> Array:
    """Products about the smallest normal number."""
    half = max(target.min_exponent, -126) // 2
    return random.standard_normal(k) * 2.0 ** random.integers(half - 3, half + 2, k)


def least(random: Random, target: Format, k: int) -> Array:
    """Subnormal factors."""
    return random.integers(-9, 10, k) * math.ldexp(1.0, max(target.min_exponent - target.precision + 1, -149))


def huge(random: Random, target: Format, k: int) -> Array:
    """Products about the largest number, so that sums overflow on their way."""
    sizes: Array = random.uniform(0.5, 1.5, k) * random.choice([-1, 1], k, p=[0.2, 0.8])
    return sizes * math.ldexp(1.0, top_of(target))


def halves(random: Random, target: Format, k: int) -> Array:
    """Few bits far apart: ties, and sums that cancel."""
    return random.integers(-3, 4, k) * 2.0 ** random.choice([0, 0, 1, -target.precision, 1 - target.precision], k)


def zeros(random: Random, _: Format, k: int) -> Array:
    """Zeros of both signs, seldom something else."""
    return random.choice([0.0, -0.0, -0.0, 1.0], k, p=[0.4, 0.3, 0.25, 0.05])


def negative_zeros(_: Random, __: Format, k: int) -> Array:
    """No other."""
    return np.full(k, -0.0)


def with_specials(random: Random, _: Format, k: int) -> Array:
    """Infinities, zeros and seldom NaN among ordinary numbers."""
    odd = random.choice([math.inf, -math.inf, 0.0, -0.0, math.nan], k, p=[0.3, 0.3, 0.15, 0.15, 0.1])
    return np.where(random.random(k) < random.choice([1.5, 4]) / (k + 1), odd, random.standard_normal(k))


STYLES: tuple[Style, ...] = (
    ordinary,
    of_one_sign,
    spread,
    tiny,
    least,
    huge,
    halves,
    zeros,
    negative_zeros,
    with_specials,
)


def factors(name: str, shape: tuple[int, int, int], seed: int = 0) -> tuple[Array, Array]:
    """Weights [m, k] and inputs [k, n] for an accumulator, a row or column each in its own style: ten meet in all ways."""
    m, k, n = shape
    random = np.random.default_rng([seed, *shape])
    target, operand = holder(name)
    made = [
        np.array([STYLES[(i * step + seed) % len(STYLES)](random, target, k) for i in range(count)]).reshape(count, k)
        for count, step in ((m, 1), (n, 3))
    ]
    if name.startswith("m7e4"):
        made = [np.where(np.isfinite(one), one, 1.0) for one in made]
    with np.errstate(all="ignore"):
        return operand(made[0]), np.ascontiguousarray(operand(made[1]).T)


def beside_a_subnormal_sum(unit: BlockUnit) -> tuple[Array, Array]:
    """Weights [1, k] and inputs [k, 1] of bfloat16: 2^-140, then a block of products that align with 2^-126 is to cut off."""
    n_bits = unit.alignment_bits + 2
    w = [2.0**-70, *[0.0] * (unit.terms - 1), *[3 * 2.0**-63] * unit.terms]
    x = [2.0**-70, *[0.0] * (unit.terms - 1), *[2.0 ** (-63 - n_bits)] * unit.terms]
    return np.array([w], np.float32), np.array(x, np.float32)[:, None]


def numbers(name: str) -> st.SearchStrategy[float]:
    """Float32 of any kind, and those where a format's sums go wrong."""
    target, _ = holder(name)
    places = sorted({0, 1, -target.precision, top_of(target), max(target.min_exponent, -126) // 2})
    finite = st.one_of(
        st.floats(-2, 2, width=32),
        st.builds(math.ldexp, st.integers(-9, 9), st.sampled_from(places)),
        st.floats(width=32, allow_nan=False, allow_infinity=False),
    )
    odd = st.sampled_from((0.0, -0.0, math.inf, -math.inf, math.nan))
    return finite if name.startswith("m7e4") else st.integers(0, 12).flatmap(lambda one: odd if one == 12 else finite)


@st.composite
def drawn_factors(draw: st.DrawFn, name: str) -> tuple[Array, Array]:
    """Weights [m, k] and inputs [k, n]."""
    m, k, n = draw(st.integers(0, 2)), draw(st.integers(0, 9)), draw(st.integers(0, 2))
    number = numbers(name)
    sides = [draw(st.lists(number, min_size=size, max_size=size)) for size in (m * k, k * n)]
    with np.errstate(all="ignore"):
        w, x = (holder(name)[1](np.array(side, np.float64)) for side in sides)
    return w.reshape(m, k), x.reshape(k, n)


def seed_of(name: str) -> dict[str, int]:
    """The keyword that accumulators take that draw."""
    return {"seed": SEED} if "_sr" in name else {}


def expected(name: str, w: Array, x: Array, places: Iterable[tuple[int, int]], seed: int = SEED) -> list[float]:
    """The entries of a product at some places, by the oracle."""
    rows, columns = w.astype(np.float64).tolist(), x.T.astype(np.float64).tolist()
    k, n = x.shape
    return [ORACLES[name](rows[i], columns[j], bits_at(seed, i, j, k, n)) for i, j in places]


def written(entries: Iterable[float]) -> list[str]:
    """Numbers so that all that differ differ, and NaN is NaN: hexadecimal, with the sign of zero."""
    return ["nan" if math.isnan(entry) else entry.hex() for entry in entries]


def written_in(product: object) -> list[str]:
    """The same of a product, row by row, numpy's or torch's."""
    assert isinstance(product, np.ndarray | torch.Tensor)
    assert product.dtype in {np.dtype(np.float64), torch.float64}
    return written(product.reshape(-1).tolist())
