"""Stored grids: those that quantizers leave are named, and tensors that nobody quantized have none."""

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import precisionlab
from precisionlab.analysis.quantization.grids.blocks import Blocks, Rounding, Zero, spread
from precisionlab.analysis.quantization.grids.fits import INTEGER, Family, families, fit
from precisionlab.analysis.quantization.grids.integers import integer_bits
from precisionlab.analysis.quantization.stored_grids import StoredGrid, stored_grid
from precisionlab.analysis.quantization.targets import parse_target
from precisionlab.formats.naming import ELEMENTS

Array = NDArray[Any]
Draw = Callable[[np.random.Generator, tuple[int, int]], Array]

TYPES = ("float32", "bfloat16", "float16")
WEIGHTS: dict[str, Draw] = {
    "gaussian": lambda random, shape: random.normal(0, 1, shape),
    "student": lambda random, shape: random.standard_t(4, shape),
    "uniform": lambda random, shape: random.uniform(-1, 1, shape) * random.lognormal(0, 0.4, (shape[0], 1)),
}

CATALOGUED = (
    *("mxfp8_e4m3", "mxfp6_e2m3", "mxfp6_e3m2", "mxfp4", "mxint8", "nvfp4", "nvfp4_plain"),
    *("fp8_e4m3_tensor", "fp8_e4m3_channel", "fp8_e4m3_128x128"),
    *(f"int8_{where}{kind}" for where in ("tensor", "channel", "g128") for kind in ("", "_asym")),
    *(f"int4_{where}{kind}" for where in ("channel", "g32", "g64", "g128") for kind in ("", "_asym")),
    *(f"int3_{where}{kind}" for where in ("g64", "g128") for kind in ("", "_asym")),
    *(f"int2_{where}{kind}" for where in ("g32", "g64") for kind in ("", "_asym")),
    *("nf4_g64", "nf4_g64_dq", "bnb_fp4_g64", "bnb_fp4_g64_dq", "q8_0", "q6_k", "q5_k", "q4_k", "q5_0", "q4_0"),
    *("q5_1", "q4_1", "iq4_nl", "q3_k", "q2_k", "tq2_0", "tq1_0"),
)
CONVENTIONS = {
    "mxfp4_ggml": "mxfp4",
    "nvfp4_torchao": "nvfp4",
    "nvfp4_ggml": "nvfp4_plain",
    "fp8_e4m3_128x128_deepseek": "fp8_e4m3_128x128",
    "fp8_e4m3_g128_deepseek": "fp8_e4m3_g128",
    "int8_channel_torchao": "int8_channel",
    "int4_g128_torchao": "int4_g128",
    "int4_g128_noclip_torchao": "int4_g128",
    "int8_channel_asym_torchao": "int8_channel_asym",
    "int4_g128_asym_torchao": "int4_g128_asym",
}
"""Formats of one element and reach whose scales or roundings differ by runtime, which their numbers do not show."""
SAME_NUMBERS = {
    "fp8_e4m3_tensor": "float8_e4m3fn:amax",
    "nf4_g64_dq": "nf4_g64",
    "bnb_fp4_g64_dq": "bnb_fp4_g64",
    "tq1_0": "tq2_0",
}
"""Formats that leave the same numbers as another, and that one's name."""
SIXTEEN_BITS = {"q4_1": "q4_k", "q5_1": "q5_k"}
"""Formats that 16 bits do not tell from another, since they do not show scales well enough."""
CENTRED = {
    ("int8_tensor_asym", "float32"): "int8_tensor",
    ("int8_tensor_asym", "bfloat16"): "int8_tensor",
    ("int8_tensor_asym", "float16"): "int8_tensor",
    ("int4_g32_asym", "bfloat16"): "q4_0",
    ("int4_g32_asym", "float16"): "q4_0",
}
"""What formats with zero points are called where these are in the middle, as those of uniform weights are."""


def in_type(numbers: Array, name: str) -> NDArray[np.float32]:
    """Rounded to a stored type, in float32."""
    return numbers.astype(getattr(ml_dtypes, name, name)).astype(np.float32)


def grid_of(numbers: Array, name: str = "float32") -> StoredGrid | None:
    """The grid of numbers that are stored so."""
    return stored_grid(in_type(numbers, name), ELEMENTS.float(name))


def name_of(numbers: Array, stored: str = "float32") -> str | None:
    """What the grid of numbers is called that are stored so."""
    grid = grid_of(numbers, stored)
    return None if grid is None else grid.likely


def weights(kind: str = "gaussian", scale: float = 0.02, shape: tuple[int, int] = (40, 512)) -> NDArray[np.float32]:
    """Weights that nobody quantized."""
    return (WEIGHTS[kind](np.random.default_rng(5), shape) * scale).astype(np.float32)


def expected_name(name: str, kind: str, stored: str) -> str:
    """What the documented limits make of a format's name."""
    known = SAME_NUMBERS.get(name, name)
    known = known if stored == "float32" else SIXTEEN_BITS.get(known, known)
    return CENTRED.get((known, stored), known) if kind == "uniform" else known


@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize("name", CATALOGUED)
def test_catalogued_formats_are_named_in_every_stored_type(name: str, kind: str) -> None:
    """Each block format leaves numbers that tell its name, or that of one which they fit as well: see the tables."""
    quantized = precisionlab.fake_quantize(weights(kind, 0.06), name)
    names = {stored: name_of(quantized, stored) for stored in TYPES}
    assert names == {stored: expected_name(name, kind, stored) for stored in TYPES}
    assert all(parse_target(name or "") for name in names.values())


@pytest.mark.parametrize(("name", "expected"), CONVENTIONS.items())
def test_conventions_of_runtimes_are_named_as_what_they_have_in_common(name: str, expected: str) -> None:
    """Other roundings of scales and elements make other numbers of one grid."""
    assert name_of(precisionlab.fake_quantize(weights(scale=0.25), name), "bfloat16") == expected


@pytest.mark.parametrize("stored", TYPES)
@pytest.mark.parametrize("scale", [2e-3, 1.0, 300.0])
@pytest.mark.parametrize("name", ["int4_g128", "nvfp4", "mxfp4", "nf4_g64", "q4_k", "q8_0", "int8_channel", "q6_k"])
def test_formats_are_named_at_any_scale(name: str, scale: float, stored: str) -> None:
    """Nothing depends on how large weights are, as far as their type holds them."""
    assert name_of(precisionlab.fake_quantize(weights(scale=scale), name), stored) == name


@pytest.mark.parametrize("shape", [(1, 4096), (7, 640), (64, 100), (300, 96), (2, 20_000)])
@pytest.mark.parametrize("stored", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", ["nvfp4", "mxfp4", "q5_0", "q4_1", "int8_tensor"])
def test_formats_are_named_in_any_shape(name: str, stored: str, shape: tuple[int, int]) -> None:
    """A vector, rows that blocks do not divide, long and short ones."""
    expected = expected_name(name, "gaussian", stored)
    assert name_of(precisionlab.fake_quantize(weights(shape=shape), name), stored) == expected


def test_parts_of_a_grid_are_told() -> None:
    """INT4 under amax / 7.5 in groups of 128; NF4 under amax; MXFP4 under powers of two; Q4_K above minima."""
    plain = weights()
    amax = np.abs(plain.reshape(-1, 128)).max(axis=1)
    found = grid_of(precisionlab.fake_quantize(plain, "int4_g128"))
    assert found is not None
    assert found == StoredGrid("int4", 128, "group", "int4_g128", found.scale, 1.0, 16, is_symmetric=True)
    assert found.scale == pytest.approx(float(np.median(amax)) / 7.5, rel=0.02)
    found = grid_of(precisionlab.fake_quantize(plain, "nf4_g64"), "bfloat16")
    assert found is not None
    assert found == StoredGrid("nf4", 64, "group", "nf4_g64", found.scale, 1.0, 16, is_symmetric=False)
    assert found.scale == pytest.approx(float(np.median(np.abs(plain.reshape(-1, 64)).max(axis=1))), rel=0.02)
    found = grid_of(precisionlab.fake_quantize(plain, "mxfp4"), "float16")
    assert found == StoredGrid("float4_e2m1fn", 32, "group", "mxfp4", 2.0**-7, 1.0, 15, is_symmetric=True)
    found = grid_of(precisionlab.fake_quantize(plain, "q4_k"))
    assert found is not None
    assert (found.element, found.group, found.levels, found.is_symmetric) == ("uint4", 32, 16, False)
    found = grid_of(precisionlab.fake_quantize(plain, "fp8_e4m3_channel"))
    assert found is not None
    row_scales = np.abs(plain).max(axis=1) / 448
    assert (found.element, found.group, found.layout, found.levels) == ("float8_e4m3fn", None, "channel", 253)
    assert found.scale == pytest.approx(float(np.median(row_scales)), rel=1e-6)


@pytest.mark.parametrize("name", ["int4_g128", "nf4_g64", "fp8_e4m3_channel", "mxfp4", "int8_channel"])
def test_what_was_computed_in_bfloat16_is_told_in_wider_types(name: str) -> None:
    """Numbers that bfloat16 holds are taken for rounded to it, in float16 too, where small ones are rounded again."""
    quantized = in_type(precisionlab.fake_quantize(weights(scale=1e-3), name), "bfloat16")
    assert [name_of(quantized, stored) for stored in ("float16", "float32")] == [name, name]
    wide = quantized.astype(np.float64)
    found = stored_grid(wide, ELEMENTS.float("float64"))
    assert found is not None
    assert found.likely == name


@pytest.mark.parametrize("name", ["int4_g128", "nf4_g64", "int8_channel", "fp8_e4m3_channel", "q4_k"])
def test_zeros_and_what_is_not_finite_say_nothing(name: str) -> None:
    """Pruned after it was quantized, or with NaN and infinities, a tensor has the same grid."""
    quantized, random = precisionlab.fake_quantize(weights(), name), np.random.default_rng(3)
    pruned = np.where(random.random(quantized.shape) < 0.5, 0, quantized)
    holed = np.where(random.random(quantized.shape) < 0.02, random.choice([np.nan, np.inf, -np.inf]), quantized)
    assert [name_of(pruned), name_of(holed)] == [name, name]


def test_factors_of_rows_keep_a_grid_and_factors_of_columns_do_not() -> None:
    """A channel's factor is a part of its scale; neighbours in a row with factors of their own have no step in common."""
    random = np.random.default_rng(2)
    for name in ("int8_channel", "int4_g128", "nf4_g64", "fp8_e4m3_channel"):
        quantized = precisionlab.fake_quantize(weights(), name)
        rows = (quantized * random.uniform(0.5, 2, (40, 1))).astype(np.float32)
        columns = (quantized * random.uniform(0.5, 2, (1, 512))).astype(np.float32)
        assert [name_of(rows), name_of(columns)] == [name, None]


def test_a_few_foreign_blocks_do_not_hide_a_grid() -> None:
    """Two rows of a hundred that were left as they were: the share says so."""
    rows = precisionlab.fake_quantize(weights(shape=(100, 512)), "nf4_g64")
    rows[[17, 60]] = weights(shape=(100, 512))[[17, 60]]
    found = grid_of(rows)
    assert found is not None
    assert found.likely == "nf4_g64"
    assert 0.95 <= found.share < 1


def test_the_longest_blocks_are_named() -> None:
    """One scale for all is no scale for each group, even where outliers leave most groups few levels."""
    random = np.random.default_rng(4)
    heavy = random.standard_t(3, (64, 1024)).astype(np.float32)
    for stored in TYPES:
        assert name_of(precisionlab.fake_quantize(heavy, "int8_tensor"), stored) == "int8_tensor"
        assert name_of(precisionlab.fake_quantize(heavy, "int8_channel"), stored) == "int8_channel"


def test_unscaled_casts_are_told_from_scaled_ones() -> None:
    """E4M3 and E5M2 of large and of small weights, most of which are subnormal there, and so integers of one step."""
    for scale in (1.0, 0.02, 0.005):
        plain = weights(scale=scale)
        for name in ("float8_e4m3fn", "float8_e5m2"):
            cast = plain.astype(getattr(ml_dtypes, name)).astype(np.float32)
            assert [name_of(cast, stored) for stored in TYPES] == [f"{name}:none"] * 3


def test_mxfp8_of_five_exponent_bits_is_a_float_under_one_power_of_two() -> None:
    """Its blocks have no mark of their own; weights without small numbers may as well have been cast as they are."""
    for scale, expected in ((0.01, "float8_e5m2:power"), (3.0, "float8_e5m2:none")):
        quantized = precisionlab.fake_quantize(weights(scale=scale), "mxfp8_e5m2")
        assert [name_of(quantized, stored) for stored in TYPES] == [expected] * 3


def test_mxfp4_is_told_where_its_blocks_run_down_columns() -> None:
    """Numbers of two significant bits are left of it, whatever their neighbours' scales."""
    shape = (512, 64)
    columns = precisionlab.fake_quantize(weights(shape=shape), "mxfp4").T * 2.0 ** np.arange(-6, 6).repeat(43)[:512]
    assert [name_of(columns, stored) for stored in TYPES] == ["mxfp4"] * 3


@pytest.mark.parametrize("stored", TYPES)
def test_weights_of_two_and_three_levels_are_named(stored: str) -> None:
    """Signs times a mean magnitude, by tensor or channel, and absmean ternary weights; masks have one sign."""
    plain, random = weights(), np.random.default_rng(8)
    mean = float(np.abs(plain).mean())
    rows = np.abs(plain).mean(axis=1, keepdims=True)
    assert name_of(np.sign(plain) * mean, stored) == "binary_tensor"
    assert name_of(np.sign(plain) * rows, stored) == "binary_channel"
    found = grid_of(np.clip(np.rint(plain / mean), -1, 1) * mean, stored)
    assert found is not None
    assert (found.element, found.likely, found.levels, found.is_symmetric) == ("ternary", "ternary_tensor", 3, True)
    assert found.scale == pytest.approx(mean, rel=2.0**-8)
    assert name_of(random.choice([0.0, mean], plain.shape), stored) is None


def test_integers_stored_as_floats_are_told() -> None:
    """Token ids, positions, codes and bytes; in bfloat16 large ids are whole for lack of bits, which says nothing."""
    random = np.random.default_rng(6)
    ids = random.integers(0, 50_257, (8, 512))
    found = grid_of(ids)
    assert found == StoredGrid(
        "int32", None, "tensor", "int32:none", 1.0, 1.0, int(ids.max() - ids.min()) + 1, is_symmetric=False
    )
    assert name_of(np.arange(512).reshape(1, -1)) == "int16:none"
    assert name_of(random.integers(-8, 8, (64, 64)), "bfloat16") == "int4_tensor"
    assert name_of(random.integers(0, 256, (64, 64))) == "int8_tensor_asym"
    assert name_of(ids[:, :64] + 1000, "bfloat16") is None
    assert name_of(np.full((64, 64), 1.0)) is None


def test_no_grid_is_looked_for_in_types_that_are_one() -> None:
    """Weights in float8, and MXFP4 numbers in it."""
    for name in ("float8_e4m3fn", "float8_e5m2"):
        cast = weights(scale=1).astype(getattr(ml_dtypes, name)).astype(np.float32)
        assert stored_grid(cast, ELEMENTS.float(name)) is None
        assert stored_grid(precisionlab.fake_quantize(cast, "mxfp4"), ELEMENTS.float(name)) is None


def unquantized(random: np.random.Generator) -> Iterator[tuple[str, Array]]:
    """Tensors of many kinds and of one shape that nobody quantized."""
    shape = n_rows, n_columns = int(random.choice([1, 3, 12, 32])), int(random.choice([24, 100, 128, 256]))
    scale = 10.0 ** random.uniform(-4, 1)
    rows, columns = np.arange(n_rows)[:, None], np.arange(n_columns)[None, :]
    plain = random.normal(0, scale, shape)
    yield "gaussian", plain
    yield "student", random.standard_t(3, shape) * scale
    yield "uniform", random.uniform(-scale, scale, shape)
    yield "one binade", random.uniform(1, 2, shape)
    yield "factors of rows", plain * random.lognormal(0, 1, (n_rows, 1))
    yield "factors of columns", plain * random.lognormal(0, 1, (1, n_columns))
    yield "pruned", plain * (random.random(shape) < 0.5)
    yield "sparse", plain * (random.random(shape) < 0.05)
    yield "rectified", np.maximum(plain, 0)
    yield "layer norm", 1 + random.normal(0, 0.02, shape)
    yield "positive", random.exponential(scale, shape)
    yield "logarithmic", 10.0 ** random.uniform(-6, 2, shape)
    yield "powers of two", 2.0 ** random.integers(-12, 3, shape) * random.choice([-1, 1], shape)
    yield "constant", np.full(shape, scale)
    yield "mask", random.choice([0.0, 1.0], shape)
    yield "halves", random.choice([0.5, 1.0], shape)
    yield "palette", random.choice(random.normal(0, 1, int(random.choice([3, 5, 8, 16, 64]))), shape)
    yield "symmetric palette", random.choice(random.normal(0, 1, 6), shape) * random.choice([-1, 1], shape)
    angles = (rows + int(random.integers(1000))) / 10_000 ** (columns // 2 * 2 / n_columns)
    yield "sinusoidal", np.where(columns % 2, np.cos(angles), np.sin(angles))
    yield "cosines", 0.5 - 0.5 * np.cos(2 * np.pi * (columns + 0.3) / n_columns) * np.ones((n_rows, 1))
    yield "ramp", np.linspace(0.1, 0.9, n_rows * n_columns).reshape(shape)
    yield "filters", np.maximum(0, 1 - np.abs(columns - rows * n_columns / n_rows) / 7.3)
    yield "sum in bfloat16", in_type(plain, "bfloat16") + in_type(random.normal(0, scale, shape), "bfloat16")
    yield "mean of two", (in_type(plain, "bfloat16") + in_type(random.normal(0, scale, shape), "bfloat16")) / 2
    yield "low rank", random.normal(0, 1, (n_rows, 2)) @ random.normal(0, scale, (2, n_columns))
    yield "clipped", np.clip(plain, -scale, scale)
    yield "smaller than half precision", random.normal(0, 10.0 ** random.uniform(-8, -5), shape)
    yield "repeated", np.repeat(plain, 4, axis=1)[:, :n_columns]


def test_a_thousand_unquantized_tensors_have_no_grid() -> None:
    """Each of 28 kinds of tensor, 36 times, in a type drawn for each: not one is taken for quantized."""
    found, n_tensors = [], 0
    for seed in range(36):
        random = np.random.default_rng(seed)
        for kind, tensor in unquantized(random):
            stored = str(random.choice(TYPES))
            grid = grid_of(tensor, stored)
            n_tensors += 1
            if grid is not None:
                found.append((seed, kind, stored, grid))
    assert n_tensors >= 1000
    assert found == []


@pytest.mark.parametrize("stored", TYPES)
def test_large_unquantized_tensors_have_no_grid(stored: str) -> None:
    """Gaussian, heavy-tailed and uniform weights of the largest sample."""
    for kind in WEIGHTS:
        assert name_of(weights(kind, shape=(64, 4096)), stored) is None


@pytest.mark.parametrize(
    "numbers",
    [
        np.zeros((0, 16)),
        np.zeros((16, 0)),
        np.zeros((16, 64)),
        np.full((16, 64), np.nan),
        np.full((16, 64), np.inf),
        np.arange(-7.0, 8.0).reshape(1, -1),
        np.array([[1e308, -1e308] * 64]),
        np.arange(1, 129).reshape(1, -1) * 5e-324,
        np.random.default_rng(0).integers(-7, 8, (8, 64)) * 1e306,
        np.random.default_rng(0).integers(-7, 8, (8, 64)) * 1e-310,
        np.random.default_rng(0).choice([5e-324, 1.0, 1.7e308], (8, 64)),
    ],
    ids=["no rows", "no columns", "zeros", "nan", "inf", "tiny", "ends", "least", "large", "small", "all sizes"],
)
def test_what_says_nothing_has_no_grid(numbers: NDArray[np.float64]) -> None:
    """Empty, zero, non-finite and tiny tensors, and the ends of float64, where no warning is raised either."""
    assert stored_grid(numbers, ELEMENTS.float("float64")) is None


@pytest.mark.parametrize("stored", ["bfloat16", "float16"])
@pytest.mark.parametrize("length", [3, 5, 8])
def test_surprise_is_no_overstatement(stored: str, length: int) -> None:
    """Of unrelated numbers, a family fits fewer than one block in 2^(k - 1) with a surprise of k bits."""
    numbers = in_type(np.random.default_rng(1).normal(size=(10_000, length)), stored)
    blocks = Blocks(numbers, Rounding.to(ELEMENTS.float(stored)))
    for family in families():
        fits = fit(blocks.view(family.zero), family.table)
        for bits in (2, 4, 6, 8):
            share = float((fits.is_fitted & (fits.surprise >= bits)).mean())
            assert share <= 2.0 ** (1 - bits), family.element


def integers() -> Family:
    """Multiples of a step."""
    return next(family for family in families() if family.element == INTEGER)


@given(
    family=st.sampled_from(families()),
    picks=st.lists(st.integers(0, 255), min_size=3, max_size=30, unique=True),
    scale=st.floats(1e-3, 1.0),
    minimum=st.floats(-100, 100),
    stored=st.sampled_from(TYPES),
)
def test_planted_grids_are_never_contradicted(
    family: Family, picks: list[int], scale: float, minimum: float, stored: str
) -> None:
    """Whatever entries a block has, and whatever scale and minimum: rounding once leaves a scale that fits."""
    entries = family.table.entries[[pick % len(family.table.entries) for pick in picks]]
    numbers = in_type(entries * scale + (minimum if family.zero is Zero.LEAST else 0), stored)
    fits = fit(Blocks(numbers[None], Rounding.to(ELEMENTS.float(stored))).view(family.zero), family.table)
    assert not fits.is_contradicted.any()


@given(multiples=st.lists(st.integers(1, 127), min_size=2, max_size=12, unique=True), scale=st.floats(1e-3, 1e3))
def test_intervals_of_scales_are_those_of_exact_arithmetic(multiples: list[int], scale: float) -> None:
    """Each number x = k s leaves (x - w) / k to (x + w) / k, and all leave what these have in common."""
    greatest = math.gcd(*multiples)
    exact = sorted(Fraction(k // greatest) for k in multiples)
    numbers = in_type(np.array([float(k) for k in exact]) * scale, "float32").astype(np.float64)
    rounding = Rounding.to(ELEMENTS.float("float32"))
    family = integers()
    fits = fit(Blocks(numbers[None], rounding).view(family.zero), family.table)
    windows = [Fraction(float(window)) for window in rounding.windows(numbers)]
    ends = [(Fraction(float(x)), w, k) for x, w, k in zip(numbers, windows, exact, strict=True)]
    if int(fits.tries[0]) == exact[-1]:  # a coarser step fits now and then, which is reported then
        assert float(fits.low[0]) == pytest.approx(float(max((x - w) / k for x, w, k in ends)), rel=1e-13)
        assert float(fits.high[0]) == pytest.approx(float(min((x + w) / k for x, w, k in ends)), rel=1e-13)
    else:
        assert int(fits.tries[0]) < exact[-1]


def test_widths_of_integers() -> None:
    """-8 to 7 are 4 bits; -7 to 8 under a negative scale; -3 to 12 and 0 to 15 with a zero point; -8 to 8 are 5."""
    cases = {(-8, 7): (4, 4, 4), (-7, 8): (5, 4, 4), (-3, 12): (5, 5, 4), (0, 15): (5, 5, 4), (-8, 8): (5, 5, 5)}
    for (least, greatest), widths in cases.items():
        bits = integer_bits(np.array([float(least)]), np.array([float(greatest)]))
        assert (bits.symmetric, bits.mirrored, bits.ranged) == widths


@given(count=st.integers(1, 5000), limit=st.integers(1, 200))
def test_samples_are_spread_over_all_blocks(count: int, limit: int) -> None:
    """Indices are distinct and within bounds, all of them where there are few, and leave no gap of a tenth."""
    indices = spread(count, limit)
    assert len(indices) <= limit
    assert len(np.unique(indices)) == len(indices)
    assert 0 <= indices[0] <= indices[-1] < count
    if count <= limit:
        assert len(indices) == count
    elif limit >= 50:
        gaps = np.diff(indices, prepend=0, append=count)
        assert gaps.max() <= count / 10 + 1
