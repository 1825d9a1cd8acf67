"""How rounding is called: kinds of arrays, shapes, names and errors; and what stochastic rounding promises."""

import subprocess
import sys
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from precisionlab.errors import FormatError, UsageError
from precisionlab.formats import STORED_FLOATS
from precisionlab.formats.modes import Overflow, Rounding
from precisionlab.formats.rounding import decode, encode, round_to

VALUES = np.array([[0.1, 300.0, -1e6], [7.3, -0.0, 2e-4]], np.float32)
ROUNDED = VALUES.astype(ml_dtypes.float8_e5m2).astype(np.float32)


@pytest.mark.parametrize("dtype", ["float16", ml_dtypes.bfloat16, "float32", "float64", ">f4", ">f2"])
def test_arrays_keep_kind_type_and_shape(dtype: Any) -> None:  # noqa: ANN401 - what numpy takes for a type
    """Of any type, byte order, layout and number of dimensions; the array given stays as it is."""
    with np.errstate(over="ignore"):
        values = np.broadcast_to(VALUES.astype(dtype), (2, 2, 3)).transpose(2, 0, 1)
    before = values.copy()
    rounded, codes = round_to(values, "float8_e5m2"), encode(values, "float8_e5m2")
    assert (rounded.dtype, codes.dtype) == (values.dtype, np.dtype(np.uint8))
    assert rounded.shape == codes.shape == (3, 2, 2)
    np.testing.assert_array_equal(values, before)
    with np.errstate(over="ignore"):
        expected = values.astype(np.float32).astype(ml_dtypes.float8_e5m2)
    np.testing.assert_array_equal(rounded.astype(np.float32), expected.astype(np.float32))
    np.testing.assert_array_equal(codes, expected.view(np.uint8))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_tensors_keep_kind_type_and_shape(dtype: torch.dtype) -> None:
    """Strided ones too, and those that ask for gradients, which the result does not."""
    values = torch.from_numpy(VALUES).to(dtype).t().requires_grad_()
    rounded, codes = round_to(values, "float8_e5m2"), encode(values, "float8_e5m2")
    assert (rounded.dtype, rounded.shape, codes.dtype, codes.shape) == (dtype, (3, 2), torch.uint8, (3, 2))
    assert not rounded.requires_grad
    expected = values.detach().float().numpy().astype(ml_dtypes.float8_e5m2)
    np.testing.assert_array_equal(rounded.float().numpy(), expected.astype(np.float32))
    np.testing.assert_array_equal(codes.numpy(), expected.view(np.uint8))
    assert torch.equal(decode(codes, "float8_e5m2"), rounded.double())


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2)])
def test_no_dimensions_and_no_elements(shape: tuple[int, ...]) -> None:
    """A single number without dimensions, and nothing, keep their shapes through all three functions."""
    for values in (np.full(shape, 0.3), torch.full(shape, 0.3, dtype=torch.float64)):
        codes = encode(values, "int8")
        assert (
            tuple(codes.shape) == tuple(round_to(values, "int8").shape) == tuple(decode(codes, "int8").shape) == shape
        )


def test_scalars_of_numpy_are_arrays_without_dimensions() -> None:
    """An element of an array can be rounded."""
    rounded = round_to(np.asarray(VALUES)[0, 0], "float8_e5m2")
    assert (rounded.shape, float(rounded)) == ((), 0.09375)


@pytest.mark.parametrize(
    ("name", "kind", "torch_kind"),
    [
        ("float4_e2m1fn", np.uint8, torch.uint8),
        ("bfloat16", np.uint16, torch.uint16),
        ("tfloat32", np.uint32, torch.uint32),
        ("float64", np.uint64, torch.uint64),
    ],
)
def test_codes_have_the_narrowest_type(name: str, kind: type[Any], torch_kind: torch.dtype) -> None:
    """8, 16, 32 or 64 bits."""
    assert encode(VALUES, name).dtype == kind
    assert encode(torch.from_numpy(VALUES), name).dtype == torch_kind


def test_names_and_records_are_the_same() -> None:
    """Formats by record, name, alias; modes and policies by name or member."""
    expected = round_to(VALUES, "bfloat16", "up", overflow="saturate")
    for name in ("bf16", STORED_FLOATS["bfloat16"], "e8m7"):
        np.testing.assert_array_equal(round_to(VALUES, name, Rounding.UP, overflow=Overflow.SATURATE), expected)


def test_own_formats_need_no_entry() -> None:
    """Eight exponent bits and three of mantissa: bfloat16 cut by four bits, where nothing rounds up."""
    cut = (VALUES.view(np.uint32) & np.uint32(0xFFF00000)).view(np.float32)
    np.testing.assert_array_equal(round_to(VALUES, "e8m3", "toward-zero"), cut)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rounding": "nearest"}, "rounding: nearest is not possible; did you mean nearest-"),
        ({"overflow": "clip\x1b"}, r"overflow: clip\\x1b is not possible; choose one of ieee, saturate"),
        ({"subnormals": "flash"}, "subnormals: flash is not possible; did you mean flush"),
        ({"rounding": "stochastic"}, "seed: stochastic rounding needs one; pass seed=0"),
        ({"seed": 1}, "only stochastic rounding draws"),
        ({"rounding": "stochastic", "seed": 1, "random_bits": 63}, "random_bits: 63 is not possible; choose 1 to 62"),
        ({"rounding": "stochastic", "seed": 1, "first_index": -1}, "first_index: -1 is no index"),
    ],
)
def test_impossible_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    """With what would be possible."""
    for action in (round_to, encode):
        with pytest.raises(UsageError, match=message):
            action(VALUES, "bf16", **arguments)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0.1], "list: is no array; give a numpy array or a torch tensor"),
        (np.array([1]), "int64: is no type that is rounded; convert the array to one of float16, "),
        (torch.tensor([1]), "int64: is no type that is rounded"),
        (np.array([1], np.complex64), "complex64: is no type"),
    ],
)
def test_what_is_not_rounded_is_named(values: Any, message: str) -> None:  # noqa: ANN401 - wrong on purpose
    """With what is."""
    with pytest.raises(UsageError, match=message):
        round_to(values, "bf16")


@pytest.mark.parametrize(
    ("name", "action", "message"),
    [
        ("bfloat61", round_to, "no such format; did you mean bfloat16"),
        ("posit8", round_to, "posit8: arrays are rounded to float and integer formats only"),
        ("nf4", encode, "nf4: arrays are rounded to float and integer formats only"),
        ("binary128", encode, "binary128: arrays of codes have at most 64 bits, not 128"),
        ("e12m20", round_to, "reaches beyond the normal numbers of float64"),
    ],
)
def test_formats_that_do_not_serve_are_named(name: str, action: Any, message: str) -> None:  # noqa: ANN401 - overloaded
    """With the reason."""
    with pytest.raises(FormatError, match=message):
        action(VALUES, name)


def test_results_that_the_type_cannot_hold_are_errors() -> None:
    """Never rounded twice: 65504 in bfloat16, 65536 in float16, 2^31 - 1 in binary32, 2^63 - 1 in binary64."""
    with pytest.raises(FormatError, match="bfloat16 does not hold; give wider values, or encode"):
        round_to(np.array([1e6], ml_dtypes.bfloat16), "float16", overflow="saturate")
    with pytest.raises(FormatError, match="bfloat16 does not hold"):
        round_to(np.array([np.inf], ml_dtypes.bfloat16), "float32", overflow="saturate")
    with pytest.raises(FormatError, match="float16 does not hold"):
        round_to(np.array([65500], np.float16), "bfloat16")
    for kind, name in ((np.float32, "int32"), (np.float64, "int64")):
        with pytest.raises(FormatError, match="does not hold"):
            round_to(np.array([1e30], kind), name)
        assert encode(np.array([1e30], kind), name)[0] == np.iinfo(name).max


def test_codes_that_are_none_are_errors() -> None:
    """Too wide, negative, or no integers."""
    for code in (16, -1):
        with pytest.raises(FormatError, match="negative or wider than 4 bits"):
            decode(np.array([code]), "float4_e2m1fn")
    with pytest.raises(UsageError, match="codes are integers"):
        decode(np.array([1.0]), "float4_e2m1fn")


@pytest.mark.parametrize(
    ("subnormals", "expected"),
    [
        ("keep", [2.0**-20, 2.0**-14, 2.0**-24]),
        ("flush-results", [2.0**-20, 2.0**-14, 2.0**-24]),
        ("flush-sources", [0.0, 2.0**-14, 0.0]),
        ("flush", [0.0, 2.0**-14, 0.0]),
    ],
)
def test_sources_and_results_are_flushed_apart(subnormals: Any, expected: list[float]) -> None:  # noqa: ANN401 - literal
    """float16's subnormals are normal in bfloat16: only flushing sources takes them."""
    values = np.array([2.0**-20, 2.0**-14, 2.0**-24], np.float16)
    assert round_to(values, "bfloat16", subnormals=subnormals).tolist() == expected


def test_what_rounds_up_to_a_normal_number_is_not_flushed() -> None:
    """Tininess is judged after rounding: just below 2^-14 is 2^-14 in float16."""
    values = np.array([2.0**-14 * (1 - 2.0**-20), 2.0**-14 * (1 - 2.0**-9)], np.float32)
    assert round_to(values, "float16", subnormals="flush").tolist() == [2.0**-14, 0.0]


def share_up(value: float, target: str, seed: int) -> float:
    """How many of a million draws round a positive number up."""
    values = np.full(1_000_000, value, np.float32)
    rounded = round_to(values, target, "stochastic", seed=seed)
    assert len(np.unique(rounded)) <= 2
    return float(np.mean(rounded > value))


@pytest.mark.parametrize(
    ("value", "target", "probability"),
    [
        (1 + 0.3 * 2.0**-7, "bfloat16", 0.3),
        (1 + 0.01 * 2.0**-3, "float8_e4m3fn", 0.01),
        (2.0**-9 * 0.75, "float8_e4m3fn", 0.75),
        (2.0**-14, "float8_e4m3fn", 2.0**-5),
        (5.5, "float4_e2m1fn", 0.75),
        (2.6, "int8", 0.6),
        (2.0**-140 * 1.5, "bfloat16", 1.5 * 2.0**-7),
    ],
)
def test_stochastic_rounding_is_unbiased(value: float, target: str, probability: float) -> None:
    """Over a million draws the share that goes up lies within five standard deviations of the distance."""
    deviation = (probability * (1 - probability) / 1e6) ** 0.5
    for seed in (0, 1, 2):
        assert abs(share_up(value, target, seed=seed) - probability) < 5 * deviation


def test_stochastic_rounding_keeps_the_mean_of_many_numbers() -> None:
    """The error of a million different numbers has mean zero within five standard errors."""
    values = np.random.default_rng(0).standard_normal(1_000_000).astype(np.float32)
    error = round_to(values, "float8_e4m3fn", "stochastic", seed=3).astype(np.float64) - values
    assert abs(error.mean()) < 5 * error.std() / 1000


@pytest.mark.parametrize("random_bits", [1, 2, 3, 4])
def test_few_random_bits_make_multiples_of_their_step(random_bits: int) -> None:
    """For each sixteenth of the gap, the number of draws that go up is that of the distance cut to r bits.

    A draw is decided by its r random bits alone; they are found from how a number three
    quarters, a half, … up the gap rounds at the same index, and must be the same for all.
    """
    steps = 1 << random_bits
    n = 4096

    def ups(sixteenths: int) -> NDArray[np.bool_]:
        values = np.full(n, 1 + sixteenths / 16 * 2.0**-7, np.float32)
        return np.asarray(round_to(values, "bfloat16", "stochastic", seed=9, random_bits=random_bits) > 1)

    drawn = np.sum([ups(16 * k // steps) for k in range(1, steps)], axis=0) if steps <= 16 else None
    assert drawn is not None
    assert set(np.unique(drawn)) == set(range(steps))
    for sixteenths in range(16):
        cut = sixteenths * steps // 16
        np.testing.assert_array_equal(ups(sixteenths), drawn + cut >= steps)


def test_exact_numbers_never_move() -> None:
    """Whatever is drawn, numbers of the format stay, zero with its sign included."""
    codes = np.arange(256, dtype=np.uint8)
    numbers = decode(codes, "float8_e5m2")
    numbers = numbers[~np.isnan(numbers)]
    for bits in (1, 8, 62):
        rounded = round_to(np.tile(numbers, 50), "float8_e5m2", "stochastic", seed=1, random_bits=bits)
        np.testing.assert_array_equal(rounded.view(np.uint64), np.tile(numbers, 50).view(np.uint64))


def test_draws_depend_on_seed_and_index_only() -> None:
    """Blocks with their first index, strides and torch give the whole's draws; other seeds give others."""
    values = np.full(100_000, 1.3, np.float32)
    whole = round_to(values, "float4_e2m1fn", "stochastic", seed=7)
    np.testing.assert_array_equal(round_to(values, "float4_e2m1fn", "stochastic", seed=7), whole)
    parts = [
        round_to(values[start : start + 33_333], "float4_e2m1fn", "stochastic", seed=7, first_index=start)
        for start in range(0, 100_000, 33_333)
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    np.testing.assert_array_equal(
        round_to(torch.from_numpy(values), "float4_e2m1fn", "stochastic", seed=7).numpy(), whole
    )
    wide = round_to(values.astype(np.float64), "float4_e2m1fn", "stochastic", seed=7)
    np.testing.assert_array_equal(wide, whole)
    others = [round_to(values, "float4_e2m1fn", "stochastic", seed=seed) for seed in (8, 9)]
    for first, second in ((whole, others[0]), (whole, others[1]), (others[0], others[1])):
        assert abs(np.corrcoef(first, second)[0, 1]) < 0.02


def test_overflow_is_drawn_too() -> None:
    """Between the largest number and the next that would be, the draw decides whether it overflows."""
    values = np.full(10_000, 65504 + 8, np.float32)
    rounded = round_to(values, "float16", "stochastic", seed=0)
    assert set(np.unique(rounded)) == {65504.0, np.inf}
    saturated = round_to(values, "float16", "stochastic", seed=0, overflow="saturate")
    assert set(np.unique(saturated)) == {65504.0}


def test_gaps_about_zero_are_not_drawn() -> None:
    """Where zero stands apart from the smallest number, stochastic rounding is refused."""
    with pytest.raises(FormatError, match="dlfloat16: stochastic rounding does not serve formats without subnormals"):
        round_to(VALUES, "dlfloat16", "stochastic", seed=0)


def test_numpy_arrays_are_rounded_without_torch_and_imported_without_numba() -> None:
    """Importing costs neither; rounding numpy arrays costs numba."""
    code = (
        "import sys, numpy as np; from precisionlab.formats.rounding import round_to;"
        "heavy = {'torch', 'numba', 'scipy'}; assert not heavy & set(sys.modules), heavy & set(sys.modules);"
        "round_to(np.ones(3), 'bf16'); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ["x87_extended", "binary128"])
def test_an_end_beyond_the_array_type_is_never_infinity(name: str) -> None:
    """Saturated infinities become the largest number of a wide format, which float64 does not hold: an error."""
    with pytest.raises(FormatError, match="float64 does not hold"):
        round_to(np.array([np.inf]), name, overflow="saturate")
    assert round_to(np.array([np.inf]), name)[0] == np.inf


def test_whole_numbers_of_any_library_are_seeds() -> None:
    """Numpy's and torch's integers draw what Python's do."""
    values = np.linspace(-3, 3, 100, dtype=np.float32)
    wanted = round_to(values, "int8", "stochastic", seed=5, random_bits=8, first_index=3)
    for five in (np.int64(5), np.uint64(5), np.int32(5), torch.tensor(5)):
        drawn = round_to(
            values,
            "int8",
            "stochastic",
            seed=five,  # type: ignore[arg-type] # as a caller may have it
            random_bits=np.int8(8),  # type: ignore[arg-type] # as a caller may have it
            first_index=np.uint8(3),  # type: ignore[arg-type] # as a caller may have it
        )
        assert np.array_equal(drawn, wanted)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": 1.5}, "seed: 1.5 is no whole number; pass an integer"),
        ({"seed": "1"}, "seed: '1' is no whole number"),
        ({"seed": 0, "random_bits": 8.5}, "random_bits: 8.5 is no whole number"),
        ({"seed": 0, "first_index": None}, "first_index: None is no whole number"),
        ({"rounding": "up", "first_index": -1}, "first_index: -1 is no index"),
        ({"rounding": ["up"]}, "rounding: ['up'] is not possible"),
    ],
    ids=str,
)
def test_arguments_that_are_no_whole_numbers_are_refused(arguments: dict[str, Any], message: str) -> None:
    """One line; nothing is cut or guessed."""
    given = {"rounding": "stochastic"} | arguments
    with pytest.raises(UsageError) as caught:
        round_to(np.ones(3, np.float32), "int8", **given)
    assert message in str(caught.value)


def test_what_is_no_array_or_has_no_numbers_is_refused() -> None:
    """Lists, single numbers, sparse tensors, block formats."""
    for codes in ([1, 2], 3, None):
        with pytest.raises(UsageError, match="is no array"):
            decode(codes, "e4m3fn")  # type: ignore[type-var] # the mistake that is tested
    with pytest.raises(UsageError, match="is sparse, and has no numbers to round"):
        round_to(torch.eye(3).to_sparse(), "bf16")
    with pytest.raises(FormatError, match="is a format of blocks"):
        round_to(np.ones(3), "mxfp4")


def test_wide_exponents_decode_without_a_warning() -> None:
    """Infinity's own exponent overflows float64 where the format's does not."""
    with np.errstate(all="raise"):
        assert decode(encode(np.array([np.inf, 1.5]), "e11m20"), "e11m20").tolist() == [np.inf, 1.5]
    assert decode(np.array([1]), "e11m10b1060f")[0] == 2.0**-1069
