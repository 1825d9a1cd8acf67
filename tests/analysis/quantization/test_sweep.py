"""A tensor against many targets: the sums of direct casts, however it is cut, in whatever threads, in bounded memory."""

import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from precisionlab.analysis.quantization import bands
from precisionlab.analysis.quantization.bands import Span
from precisionlab.analysis.quantization.sweep import Loss, Question, Sweep, sweep
from precisionlab.analysis.quantization.targets import Scale, Target, parse_target, parse_targets
from precisionlab.formats import BlockFormat, ElementFormat, fake_quantize, formats
from precisionlab.formats.catalogue import ENTRIES
from precisionlab.formats.neighbours import Neighbour
from tests.analysis.quantization.conftest import direct_cast, finite_elements, largest_of, nearest, stored
from tests.formats.blocks.conftest import BLOCK_FORMATS

Doubles = NDArray[np.float64]

ELEMENT_FORMATS = [one for one in ENTRIES if one.bits <= 64 and one.name not in {"bool", "posit32"}]
SUMMED = 1e-12
BINARY32 = 2.0**-22
by_block_format = pytest.mark.parametrize("name", [one.name for one in BLOCK_FORMATS])


def weights_like(shape: tuple[int, ...], seed: int = 0) -> torch.Tensor:
    """Random weights, some of them 0; infinities and negative ones are nobody's."""
    random = np.random.default_rng(seed)
    weights = np.asarray(random.standard_normal(shape) ** 2 * (random.random(shape) < 0.9))
    return torch.from_numpy(weights.astype(np.float32))


def numbers(shape: tuple[int, ...], dtype: torch.dtype = torch.bfloat16, seed: int = 0) -> torch.Tensor:
    """Rows of unlike sizes with outliers, zeros, NaN and infinities."""
    random = np.random.default_rng(seed)
    values = np.asarray(random.standard_normal(shape) * 0.05)
    flat = values.reshape(-1)
    flat[random.random(flat.size) < 0.01] *= 30
    flat[random.random(flat.size) < 0.02] = 0
    if len(shape) > 1 and shape[0] > 2:
        values[1] *= 2.0**-9
        values[2] = np.abs(values[2])
    made = torch.from_numpy(values).to(dtype)
    holes = torch.from_numpy(np.asarray(random.random(shape)))
    made[holes < 0.01] = math.nan
    made[holes > 0.99] = -math.inf
    return made


@dataclass(frozen=True)
class Reference:
    """What a target loses, from all elements at once."""

    sums: dict[str, float]
    squared: Doubles
    """[rows, columns] of e^2."""
    lost: float
    """Sum of |x e|: the scale of what summing may lose of the cross sum."""


def matrix_of(values: torch.Tensor) -> torch.Tensor:
    """First axis by all others."""
    return values.reshape(values.shape[0], math.prod(values.shape[1:])) if values.dim() > 1 else values.reshape(1, -1)


def reference(x: torch.Tensor, q: torch.Tensor, weights: torch.Tensor | None = None) -> Reference:
    """By the definitions in `ErrorSums`, each sum correctly rounded; what is not finite in binary32 counts nowhere."""
    counted = matrix_of(x).isfinite().numpy()
    exact, made = (np.where(counted, matrix_of(one).double().numpy(), 0.0) for one in (x, q))
    error = np.where(counted, made - exact, 0.0)
    by = np.zeros_like(exact) if weights is None else matrix_of(weights).double().numpy()
    is_ratio = exact != 0
    sums = {
        "n": int(counted.sum()),
        "nonzero": int(is_ratio.sum()),
        "energy": math.fsum((exact * exact).ravel()),
        "squared_error": math.fsum((error * error).ravel()),
        "largest_error": float(np.abs(error).max(initial=0.0)),
        "largest_relative_error": float(np.abs(error[is_ratio] / exact[is_ratio]).max(initial=0.0)),
        "flushed": int((is_ratio & (made == 0)).sum()),
        "variance": 0.0,
        "cross": math.fsum((exact * error).ravel()),
        "weighted_energy": math.fsum((by * exact * exact).ravel()),
        "weighted_error": math.fsum((by * error * error).ravel()),
    }
    return Reference(sums, error * error, math.fsum(np.abs(exact * error).ravel()))


def by_blocks(values: torch.Tensor, format_: BlockFormat, weights: torch.Tensor | None = None) -> Reference:
    """`fake_quantize` of the whole tensor, with 0 for what is not finite."""
    x = values.float()
    return reference(x, fake_quantize(torch.where(x.isfinite(), x, 0.0), format_), weights)


def by_elements(
    values: torch.Tensor, format_: ElementFormat, scale: float, weights: torch.Tensor | None = None
) -> Reference:
    """A direct cast of every element in float64."""
    x = values.double()
    finite = torch.where(x.isfinite(), x, 0.0).numpy()
    return reference(x, torch.from_numpy(nearest(finite / scale, format_) * scale), weights)


def agree(loss: Loss, wanted: Reference, peaks: float) -> None:
    """All sums; `peaks` is what largest errors may differ by, relative."""
    found, sums = asdict(loss.sums), dict(wanted.sums)
    assert found.pop("cross") == pytest.approx(sums.pop("cross"), rel=SUMMED, abs=SUMMED * wanted.lost)
    for name in ("largest_error", "largest_relative_error"):
        assert found.pop(name) == pytest.approx(sums.pop(name), rel=peaks)
    found.pop("clipped")  # proved where bands are measured
    assert found == pytest.approx(sums, rel=SUMMED)
    if loss.by_row is not None:
        np.testing.assert_allclose(loss.by_row, wanted.squared.sum(axis=1), rtol=SUMMED)
    if loss.by_column is not None:
        np.testing.assert_allclose(loss.by_column, wanted.squared.sum(axis=0), rtol=SUMMED)


def ask(values: torch.Tensor, *names: str, **others: object) -> Sweep:
    """The sweep over targets by name, errors by column included."""
    targets = parse_targets(names)
    return sweep(stored(values), Question(targets, by_column=frozenset(targets), **others))  # type: ignore[arg-type]


def taking(weights: torch.Tensor) -> Callable[[Span], torch.Tensor]:
    """The weights of a band."""
    return lambda span: matrix_of(weights)[span.rows, span.columns]


SHAPES = [(24, 300), (7, 5), (700,), (90, 1), (4, 3, 50), (8, 4, 3, 3), (), (0, 4), (3, 0)]


@by_block_format
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_block_formats_lose_what_the_quantized_tensor_shows(name: str, shape: tuple[int, ...]) -> None:
    """Of any shape, with weights, by row and by column, with NaN and infinities left out."""
    values, weights = numbers(shape), weights_like(shape)
    found = ask(values, name, weights=taking(weights))
    wanted = by_blocks(values, formats.block(name), weights)
    agree(found.losses[0], wanted, BINARY32)
    x = np.where(matrix_of(values).isfinite(), matrix_of(values).double(), 0.0)
    assert found.energy_by_row is not None
    assert found.energy_by_column is not None
    np.testing.assert_allclose(found.energy_by_row, (x * x).sum(axis=1), rtol=SUMMED)
    np.testing.assert_allclose(found.energy_by_column, (x * x).sum(axis=0), rtol=SUMMED)
    assert found.losses[0].bits == formats.block(name).stored_bits(shape)
    assert not found.left_out


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64, torch.float8_e4m3fn], ids=str)
def test_all_stored_types_are_swept(dtype: torch.dtype) -> None:
    """Those of 64 bits are rounded to binary32 first, as runtimes do."""
    values = numbers((24, 300), torch.float32).clamp(-400, 400).to(dtype)
    names = [one.name for one in BLOCK_FORMATS[::5]]
    found = ask(values, *names)
    for loss in found.losses:
        assert isinstance(loss.target.format, BlockFormat)
        agree(loss, by_blocks(values, loss.target.format), BINARY32)


def same_but_for_rounding(one: Loss, other: Loss) -> None:
    """Sums within rounding, counts and largest errors exactly."""
    assert (one.target, one.bits, one.scale, one.lone_share) == (
        other.target,
        other.bits,
        other.scale,
        other.lone_share,
    )
    left, right = asdict(one.sums), asdict(other.sums)
    size = math.sqrt(right["energy"] * right["squared_error"])
    assert left.pop("cross") == pytest.approx(right.pop("cross"), rel=SUMMED, abs=SUMMED * size)
    assert left == pytest.approx(right, rel=SUMMED)
    for name in ("n", "nonzero", "clipped", "largest_error", "largest_relative_error"):
        assert left[name] == right[name]
    for ours, theirs in ((one.by_row, other.by_row), (one.by_column, other.by_column)):
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=SUMMED)


def in_parts(monkeypatch: pytest.MonkeyPatch, elements: int, longest: int) -> None:
    """Small bands from now on."""
    monkeypatch.setattr(bands, "ELEMENTS", elements)
    monkeypatch.setattr(bands, "LONGEST_ROW", longest)


@by_block_format
def test_bands_do_not_matter(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut between rows, a tensor loses what it does at once; what all blocks share comes from all of it."""
    values, weights = numbers((200, 256), seed=3), weights_like((200, 256))
    whole = ask(values, name, weights=taking(weights))
    in_parts(monkeypatch, 2000, 1 << 24)
    same_but_for_rounding(ask(values, name, weights=taking(weights)).losses[0], whole.losses[0])


@pytest.mark.parametrize("neighbour", [Neighbour.STOCHASTIC, Neighbour.DITHERED], ids=lambda way: way.value)
@pytest.mark.parametrize("name", ["mxfp4", "nvfp4", "int8_tensor_asym", "fp8_e4m3_128x128", "q4_k", "nf4_g64_dq"])
def test_bands_do_not_matter_where_elements_are_drawn(
    name: str, neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Expected sums too."""
    values = numbers((200, 256), seed=3)
    whole = ask(values, name, neighbour=neighbour)
    in_parts(monkeypatch, 2000, 1 << 24)
    same_but_for_rounding(ask(values, name, neighbour=neighbour).losses[0], whole.losses[0])


@by_block_format
@pytest.mark.parametrize("shape", [(5, 1000), (2, 40, 25)], ids=str)
def test_cut_rows_do_not_matter(name: str, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of which only parts are at hand lose what they do as a whole, or the format is left out with a reason."""
    values = numbers(shape, seed=4)
    whole = ask(values, name)
    in_parts(monkeypatch, 256, 600)
    cut = ask(values, name)
    if formats.block(name).extent.is_flat or (formats.block(name).extent.rows or 1) > 1:
        assert not cut.losses
        assert "too long for tiles" in cut.left_out[0].reason
    else:
        same_but_for_rounding(cut.losses[0], without_channel_shares(whole.losses[0]))


def without_channel_shares(loss: Loss) -> Loss:
    """A loss as it is of rows that are cut: whether one element stands alone in a row is not told then."""
    format_ = loss.target.format
    is_channel = isinstance(format_, BlockFormat) and format_.extent.columns is None
    return replace(loss, lone_share=None) if is_channel else loss


@pytest.mark.parametrize("name", ["nf4_g64", "nf4_g64_dq", "int8_tensor_asym", "nvfp4", "int4_channel_asym", "q4_k"])
def test_one_long_row_is_cut_for_blocks_that_run_on(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vector has no next row to run into."""
    values = numbers((40_000,), seed=5)
    whole = ask(values, name)
    in_parts(monkeypatch, 256, 600)
    same_but_for_rounding(ask(values, name).losses[0], without_channel_shares(whole.losses[0]))


def test_bands_are_as_many_as_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the tests before this one cut something."""
    in_parts(monkeypatch, 2000, 600)
    for name in ("mxfp4", "nf4_g64_dq", "fp8_e4m3_128x128"):
        assert len(list(bands.cut_for((200, 256), [formats.block(name)]).spans())) > 1
    assert len(list(bands.cut_for((5, 1000), [formats.block("q4_k")]).spans())) >= 5


EVERY = [
    *(one.name for one in BLOCK_FORMATS[::2]),
    "nf4_g64_dq",
    "int8:amax",
    "float8_e4m3fn:power",
    "nf4:mse",
    "posit8:amax",
    "int4_g32:mse",
    "nvfp4:mse",
    "int8_channel:mse",
]


def same_bits(one: Loss, other: Loss) -> bool:
    """Every number of both."""
    arrays = [(one.by_row, other.by_row), (one.by_column, other.by_column)]
    plain = (one.target, one.bits, one.sums, one.scale, one.lone_share)
    return plain == (other.target, other.bits, other.sums, other.scale, other.lone_share) and all(
        np.array_equal(np.asarray(left), np.asarray(right)) for left, right in arrays
    )


@pytest.mark.parametrize("memory_bytes", [0, 1 << 30], ids=["from the file", "held"])
def test_threads_change_no_bit(memory_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One and three of them, over many bands."""
    values = numbers((256, 256), seed=6)
    in_parts(monkeypatch, 2000, 1 << 24)
    targets = parse_targets(EVERY)
    assert len(targets) >= 30
    one, three = (
        sweep(stored(values, memory_bytes), Question(targets, by_column=frozenset(targets), threads=threads))
        for threads in (1, 3)
    )
    assert len(one.losses) == len(targets)
    assert all(same_bits(left, right) for left, right in zip(one.losses, three.losses, strict=True))
    assert np.array_equal(np.asarray(one.energy_by_row), np.asarray(three.energy_by_row))
    assert np.array_equal(np.asarray(one.energy_by_column), np.asarray(three.energy_by_column))


def test_targets_together_lose_what_they_do_alone() -> None:
    """In the order of the question, whichever is told by the census."""
    values = numbers((64, 256), seed=7)
    targets = parse_targets(EVERY)
    together = sweep(stored(values), Question(targets))
    assert [loss.target for loss in together.losses] == list(targets)
    for target in targets:
        alone = sweep(stored(values), Question((target,))).losses[0]
        found = together.loss(target)
        assert found is not None
        is_searched = isinstance(target.format, BlockFormat) and target.scale is Scale.MSE
        tolerance = 0.01 if is_searched else 1e-9  # blocks that are searched together find the bottom together
        assert found.sums.squared_error == pytest.approx(alone.sums.squared_error, rel=tolerance)
        assert found.sums.n == alone.sums.n
        assert found.sums.energy == pytest.approx(alone.sums.energy, rel=1e-12)
    assert together.loss(parse_target("int3")) is None


@pytest.mark.parametrize("format_", ELEMENT_FORMATS, ids=lambda format_: format_.name)
def test_the_pass_and_the_census_agree_on_element_formats(format_: ElementFormat) -> None:
    """Direct casts by row, by column and with weights; without places the census tells the same."""
    values, weights = numbers((24, 300)), weights_like((24, 300))
    targets = [Target(format_, scale) for scale in (Scale.NONE, Scale.AMAX)]
    placed = ask(values, *(target.name for target in targets), weights=taking(weights))
    told = sweep(stored(values), Question(tuple(targets)))
    assert told.energy_by_row is None
    for one, other in zip(placed.losses, told.losses, strict=True):
        assert one.scale == other.scale
        assert one.scale is not None
        wanted = by_elements(values, format_, one.scale, weights)
        agree(one, wanted, SUMMED)
        assert one.sums.clipped == other.sums.clipped == direct_cast(values, format_, one.scale).sums()["clipped"]
        assert one.sums.squared_error == pytest.approx(other.sums.squared_error, rel=SUMMED)


@pytest.mark.parametrize("neighbour", [Neighbour.STOCHASTIC, Neighbour.DITHERED], ids=lambda way: way.value)
@pytest.mark.parametrize(
    "format_", [one for one in ELEMENT_FORMATS if one.bits <= 16], ids=lambda format_: format_.name
)
def test_the_pass_and_the_census_expect_the_same_of_drawn_elements(
    format_: ElementFormat, neighbour: Neighbour
) -> None:
    """Every sum."""
    values = numbers((24, 300))
    target = Target(format_, Scale.AMAX)
    placed, told = ask(values, target.name, neighbour=neighbour), sweep(stored(values), Question((target,), neighbour))
    one, other = asdict(placed.losses[0].sums), asdict(told.losses[0].sums)
    lost = math.sqrt(other["energy"] * other["squared_error"])
    assert one.pop("cross") == pytest.approx(other.pop("cross"), rel=1e-9, abs=1e-9 * lost)
    assert one == pytest.approx(other, rel=1e-9)


MANY = torch.from_numpy(np.random.default_rng(8).standard_normal((300, 300)) * 0.05).float()
"""Of more than 65,536 distinct numbers, which no census lists."""


@pytest.mark.parametrize("format_", ELEMENT_FORMATS, ids=lambda format_: format_.name)
def test_tensors_of_many_distinct_numbers_lose_what_a_direct_cast_shows(format_: ElementFormat) -> None:
    """Under the scale that was found, and under none."""
    found = sweep(stored(MANY), Question((Target(format_, Scale.AMAX), Target(format_, Scale.NONE))))
    for loss in found.losses:
        assert loss.scale is not None
        agree(loss, by_elements(MANY, format_, loss.scale), SUMMED)
        assert loss.sums.clipped == direct_cast(MANY, format_, loss.scale).sums()["clipped"]


@pytest.mark.parametrize("name", ["int8", "float8_e4m3fn", "nf4", "float16"])
def test_scales_of_many_distinct_numbers_are_those_of_the_largest_itself(name: str) -> None:
    """Not those of a bin that it lies in."""
    found = sweep(stored(MANY), Question(parse_targets([f"{name}:amax", f"{name}:power"])))
    amax, largest = float(MANY.abs().max()), largest_of(formats.element(name))
    assert found.losses[0].scale == amax / largest
    assert found.losses[1].scale == 2.0 ** math.ceil(math.log2(amax / largest))
    assert found.losses[0].sums.clipped == 0


@pytest.mark.parametrize("name", ["int2", "int4", "uint4", "iq4_nl_table", "nf4", "float8_e8m0fnu", "ternary"])
@pytest.mark.parametrize("sign", [1, -1], ids=["as drawn", "negated"])
def test_searched_scales_of_many_distinct_numbers_never_lose_more(name: str, sign: int) -> None:
    """Though no census lists them: formats that are not symmetric, and numbers that are not, too."""
    values = sign * (MANY + torch.where(MANY < 0, 0.3 * MANY, 0.0))
    format_ = formats.element(name)
    found = sweep(stored(values), Question((Target(format_, Scale.MSE), Target(format_, Scale.AMAX))))
    assert found.losses[0].sums.squared_error <= found.losses[1].sums.squared_error


def test_binary64_is_cast_once() -> None:
    """To binary32 too: the error is that of this very cast, not that of casting the cast."""
    values = torch.from_numpy(np.random.default_rng(9).standard_normal((300, 300)))
    found = sweep(stored(values), Question(parse_targets(["float32:none", "bfloat16:none"])))
    x = finite_elements(values)
    for loss, dtype in zip(found.losses, (torch.float32, torch.bfloat16), strict=True):
        error = values.to(dtype).double().numpy().ravel() - x
        assert loss.sums.squared_error == pytest.approx(math.fsum(error**2), rel=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64], ids=str)
@pytest.mark.parametrize("format_", ELEMENT_FORMATS, ids=lambda format_: format_.name)
def test_every_target_has_an_answer(format_: ElementFormat, dtype: torch.dtype) -> None:
    """Sums, or a reason why it was left out; never an error."""
    values = numbers((40, 50), dtype)
    targets = tuple(Target(format_, scale) for scale in Scale)
    found = sweep(stored(values), Question(targets))
    assert len(found.losses) + len(found.left_out) == len(targets)
    assert all(math.isfinite(loss.sums.squared_error) for loss in found.losses)


@pytest.mark.parametrize("name", ["int4_g32", "nvfp4", "int8_channel", "nf4_g64", "fp8_e4m3_128x128", "q8_0"])
def test_searched_scales_of_blocks_never_lose_more(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole or in bands, with NaN and infinities left out."""
    values = numbers((64, 128), seed=10)
    for elements in (1 << 20, 1000):
        in_parts(monkeypatch, elements, 1 << 24)
        found = ask(values, name, f"{name}:mse")
        assert found.losses[1].sums.squared_error <= found.losses[0].sums.squared_error * (1 + SUMMED)


@pytest.mark.parametrize("shape", [(2, 1000), (2, 250, 4), (1000,)], ids=str)
def test_channels_in_parts_have_no_scale_of_their_own_each(
    shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a row is cut, a search would find a scale for each part: it is left out, whatever the shape."""
    in_parts(monkeypatch, 256, 600)
    found = ask(numbers(shape, seed=14), "int4_channel:mse", "int4_channel", "int4_g32:mse")
    assert [loss.target.name for loss in found.losses] == ["int4_channel", "int4_g32:mse"]
    assert "too long for a search" in found.left_out[0].reason


def test_wide_formats_are_drawn_from_a_census_alone() -> None:
    """Else they are left out, with the reason."""
    targets = parse_targets(["fp24:none", "int8"])
    few = sweep(stored(numbers((10, 20))), Question(targets, Neighbour.STOCHASTIC))
    many = sweep(stored(MANY), Question(targets, Neighbour.STOCHASTIC))
    assert len(few.losses) == 2
    assert [loss.target.name for loss in many.losses] == ["int8:amax"]
    assert "65,536 distinct values" in many.left_out[0].reason


MEMORY = """
import resource
import numpy as np
from precisionlab.analysis.quantization.sweep import Question, sweep
from precisionlab.analysis.quantization.targets import parse_targets
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints.model import ByteRange, TensorInfo

normal = np.random.default_rng(0).standard_normal(1 << 19).astype(np.float32)
pattern = (normal.view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)  # bfloat16, cut

class Repeating:
    def read_into(self, location, start, buffer):
        target = np.frombuffer(buffer, np.uint8)
        done = 0
        while done < len(target):
            part = pattern[(start + done) % len(pattern):][: len(target) - done]
            target[done : done + len(part)] = part
            done += len(part)

targets = parse_targets(["mxfp4", "int8_tensor_asym", "float8_e4m3fn:amax"])
for mebibytes in (16, 256):
    shape = (mebibytes * 128, 4096)
    info = TensorInfo("weight", "bfloat16", shape, ByteRange("none", 0, mebibytes << 20))
    found = sweep(Tensor(info, Repeating(), memory_bytes=0), Question(targets, by_column=frozenset(targets[2:])))
    assert len(found.losses) == 3
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
"""Prints the peak of this process in KiB after a small tensor and after a large one."""


@pytest.mark.slow
def test_memory_is_bounded_whatever_the_tensor() -> None:
    """256 MiB of bfloat16 that are never held take at most 32 MiB more than 16 MiB of them, at the peak."""
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True, cwd=root)
    small, large = map(int, done.stdout.split())
    assert large - small < 32 * 1024


@pytest.mark.parametrize("size", [1e300, 1e39, 1e-39, 1e-300])
def test_binary64_beyond_binary32_is_left_out(size: float) -> None:
    """Blocks are computed in binary32, which does not hold it: no figure is given, but the reason."""
    values = torch.from_numpy(np.random.default_rng(0).standard_normal((64, 64)) * size)
    found = ask(values, "nvfp4", "int8_channel")
    assert not found.losses
    assert all("no normal number of binary32" in one.reason for one in found.left_out)


def test_groups_longer_than_rows_are_rows() -> None:
    """However long: no memory is asked for what is not there."""
    values = numbers((8, 64))
    long, channel = ask(values, "int4_g99999999"), ask(values, "int4_channel")
    assert long.losses[0].sums.squared_error == pytest.approx(channel.losses[0].sums.squared_error)
