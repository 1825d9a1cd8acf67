"""What a flipped bit does, against flipping the bits of all elements and reading them back by numpy and ml_dtypes."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from precisionlab.analysis.results import Scalar
from precisionlab.checkpoints.dtypes import DTYPE_BITS

if TYPE_CHECKING:
    from tests.analyzers.bits.conftest import Exact, Specimen

    Measured = Callable[..., Mapping[str, Scalar]]

BIN = 2.0**-12
"""What the changes of binned normal numbers are known to, as a share of themselves."""
ROUNDING = 1e-15


@dataclass(frozen=True)
class Flipped:
    """The elements before and after flipping one bit."""

    before: "Exact"
    after: "Exact"

    @property
    def changes(self) -> "Exact":
        """Relative changes, NaN where not defined; extended precision has room for those of float64."""
        is_meant = np.isfinite(self.before) & (self.before != 0) & np.isfinite(self.after)
        with np.errstate(all="ignore"):
            changes: Exact = np.where(is_meant, np.abs(self.after - self.before) / np.abs(self.before), np.nan)
        return changes

    def share(self, *, was_finite: bool) -> float:
        """Share of all elements that change from finite to not, or back."""
        turned = (np.isfinite(self.before) == was_finite) & (np.isfinite(self.after) != was_finite)
        return float(turned.mean())


def flipped(specimen: "Specimen", bit: int) -> Flipped:
    """By exclusive or of the stored codes."""
    codes = specimen.codes ^ specimen.codes.dtype.type(1 << bit)
    return Flipped(specimen.numbers, specimen.numbers_of(codes))


def label(specimen: "Specimen", bit: int) -> str:
    """How measurements of a bit are labelled."""
    return f"[bit={bit},field={specimen.fields[bit]}]"


def lower_median(changes: "Exact") -> np.longdouble:
    """The middle one, or the lower of the two in the middle; NaN of none."""
    known = np.sort(changes[~np.isnan(changes)])
    return known[(len(known) - 1) // 2] if len(known) else np.longdouble(math.nan)


def as_float(value: np.longdouble) -> float:
    """Nearest float64; infinity beyond its range."""
    with np.errstate(over="ignore"):
        return float(np.float64(value))


def tells(found: Mapping[str, Scalar], key: str, expected: float) -> bool:
    """Whether a figure is what it should be, and is left out where that is no number."""
    return key not in found if math.isnan(expected) else found[key] == pytest.approx(expected, rel=ROUNDING)


def zero_becomes(flip: Flipped) -> float:
    """The one magnitude that zeros of both signs turn into."""
    values = np.abs(flip.after[flip.before == 0])
    assert np.isnan(values).all() or np.all(values == values[0])
    return float(values[0])


def test_exact_changes_are_those_of_the_elements(exact: "Specimen", measured: "Measured") -> None:
    """Median and worst change of every bit of every dtype, and the value of the worst one, without any error."""
    found = measured(exact, nearest=0)
    if not len(exact.codes):
        return
    assert found["flip_error"] == 0
    for bit in range(exact.bits):
        flip, at = flipped(exact, bit), label(exact, bit)
        changes = flip.changes
        assert tells(found, f"flip_median_change{at}", as_float(lower_median(changes)))
        worst = np.nanmax(changes) if not np.isnan(changes).all() else np.longdouble(math.nan)
        assert tells(found, f"flip_worst_change{at}", as_float(worst))
        concerned = flip.changes[flip.before == np.longdouble(found.get(f"flip_worst_value{at}", math.nan))]
        assert (len(concerned) == 0) == np.isnan(worst)
        assert np.all(np.abs(concerned - worst) <= ROUNDING * worst)


def test_shares_are_those_of_the_elements(any_specimen: "Specimen", measured: "Measured") -> None:
    """Finite to not, not to finite, and what zeros become: exact of bins too; left out where they never apply."""
    specimen = any_specimen
    found = measured(specimen, nearest=0)
    if not len(specimen.codes):
        return
    for bit in range(specimen.bits):
        flip, at = flipped(specimen, bit), label(specimen, bit)
        assert found[f"flip_to_non_finite_share{at}"] == pytest.approx(flip.share(was_finite=True))
        if np.isfinite(flip.before).all():
            assert f"flip_to_finite_share{at}" not in found
        else:
            assert found[f"flip_to_finite_share{at}"] == pytest.approx(flip.share(was_finite=False))
        if np.any(flip.before == 0):
            assert tells(found, f"flip_zero_becomes{at}", zero_becomes(flip))
        else:
            assert f"flip_zero_becomes{at}" not in found


def is_near(found: Scalar | None, expected: np.longdouble, error: float) -> bool:
    """Whether a figure is within its error of what it stands for; left out of NaN, infinite where float64 does not hold it."""
    if found is None:
        return bool(np.isnan(expected))
    if math.isinf(float(found)):
        return str(as_float(expected)) == str(float(found))
    return bool(abs(np.longdouble(found) - expected) <= (error + ROUNDING) * expected)


def test_binned_changes_are_within_their_error(binned: "Specimen", measured: "Measured") -> None:
    """However wide the bins: `flip_error` bounds what median and worst change of every bit miss."""
    found = measured(binned, nearest=0)
    error = float(found["flip_error"])
    for bit in range(binned.bits):
        changes, at = flipped(binned, bit).changes, label(binned, bit)
        assert is_near(found.get(f"flip_median_change{at}"), lower_median(changes), error), at
        assert is_near(found.get(f"flip_worst_change{at}"), np.nanmax(changes), error), at


def test_sign_and_exponent_flips_of_normal_numbers_are_exact(binned: "Specimen", measured: "Measured") -> None:
    """They depend on sign and exponent alone, unless a number is or becomes subnormal; mantissa flips miss at most 2^-12.

    So they do of float64 within the exponents that its bins tell apart.
    """
    found = measured(binned, nearest=0)
    sizes = np.abs(binned.numbers[np.isfinite(binned.numbers) & (binned.numbers != 0)])
    tiny = float(np.finfo(binned.component).tiny)
    if float(sizes.min()) < 4 * tiny:
        return
    for bit, field in enumerate(binned.fields):
        flip, at = flipped(binned, bit), label(binned, bit)
        after = np.abs(flip.after[~np.isnan(flip.changes)])
        is_exact = field != "mantissa" and (not len(after) or float(after.min()) >= tiny)
        error = 0 if is_exact else BIN
        is_told = binned.component == "float32" or (float(sizes.min()) >= 2.0**-126 and float(sizes.max()) < 2.0**128)
        if is_exact or is_told:
            assert is_near(found.get(f"flip_median_change{at}"), lower_median(flip.changes), error), at
            assert is_near(found.get(f"flip_worst_change{at}"), np.nanmax(flip.changes), error), at


@pytest.mark.parametrize("name", ["weights in float32", "weights in float64", "specials in float32", "coarse"])
def test_the_error_of_weights_is_that_of_the_bins(
    name: str, binned_specimen: "Callable[[str], Specimen]", measured: "Measured"
) -> None:
    """Of numbers that are all normal: at most 2^-12."""
    assert 0 < float(measured(binned_specimen(name))["flip_error"]) <= BIN


def test_the_smallest_subnormal_of_a_binned_tensor_is_known(
    binned_specimen: "Callable[[str], Specimen]", measured: "Measured"
) -> None:
    """Where there are subnormals the smallest one has the worst mantissa flips, which are exact."""
    specimen = binned_specimen("around the smallest normal float32")
    found = measured(specimen)
    smallest = float(np.abs(specimen.numbers[specimen.numbers != 0]).min())
    for bit in range(23):
        at = label(specimen, bit)
        assert found[f"flip_worst_value{at}"] == smallest
        assert found[f"flip_worst_change{at}"] == 2.0 ** (bit - 149) / smallest


def test_many_distinct_integers_have_no_flips(make_specimen: "Callable[..., Specimen]", measured: "Measured") -> None:
    """Their census knows no magnitudes: shares and extremes are told, flips and patterns are not."""
    found = measured(make_specimen("int32", np.arange(70_001, dtype=np.uint32)))
    assert not any(key.startswith(("flip", "frequent")) for key in found)
    assert found["set_share[bit=0,field=value]"] == pytest.approx(35_000 / 70_001)
    assert found["near_overflow_value[rank=1]"] == 70_000


@pytest.mark.parametrize("dtype", DTYPE_BITS)
@given(content=st.binary(min_size=16, max_size=96), position=st.integers(0, 63))
def test_a_flip_undoes_itself(
    dtype: str,
    content: bytes,
    position: int,
    make_specimen: "Callable[..., Specimen]",
    measured: "Measured",
) -> None:
    """In a tensor with one bit flipped throughout, that flip makes finite what it made not finite, and the other way."""
    specimen = of_bytes(dtype, content, make_specimen)
    bit = position % specimen.bits
    other = make_specimen(dtype, specimen.codes ^ specimen.codes.dtype.type(1 << bit))
    found, undone = measured(specimen, nearest=0), measured(other, nearest=0)
    at = label(specimen, bit)
    for key, opposite in (
        ("flip_to_non_finite_share", "flip_to_finite_share"),
        ("flip_to_finite_share", "flip_to_non_finite_share"),
    ):
        assert found.get(key + at, 0.0) == pytest.approx(undone.get(opposite + at, 0.0))
    assert found[f"set_share{at}"] == pytest.approx(1 - float(undone[f"set_share{at}"]))


@pytest.mark.parametrize("dtype", DTYPE_BITS)
@given(content=st.binary(max_size=96))
def test_set_shares_are_means_of_bits(
    dtype: str, content: bytes, make_specimen: "Callable[..., Specimen]", measured: "Measured"
) -> None:
    """Whatever the bytes, the share of each bit is the mean of the unpacked bits, and its entropy that of a coin."""
    specimen = of_bytes(dtype, content, make_specimen)
    assert_shares(specimen, measured(specimen, nearest=0))


def of_bytes(dtype: str, content: bytes, make_specimen: "Callable[..., Specimen]") -> "Specimen":
    """A tensor of as many whole elements as the bytes hold, one to a code where codes are narrower."""
    n_bytes = max(1, DTYPE_BITS[dtype] // 8)
    empty = make_specimen(dtype, np.empty(0))
    codes = np.frombuffer(content[: len(content) // n_bytes * n_bytes], empty.codes.dtype)
    return make_specimen(dtype, codes & codes.dtype.type((1 << empty.bits) - 1))


def unpacked(specimen: "Specimen") -> NDArray[np.uint8]:
    """[codes, bits], the least significant first."""
    by_byte = specimen.codes[:, np.newaxis].view(np.uint8)
    return np.unpackbits(by_byte, axis=1, bitorder="little")[:, : specimen.bits]


def assert_shares(specimen: "Specimen", found: Mapping[str, Scalar]) -> None:
    """Shares and entropies are those of the unpacked bits."""
    for bit, column in enumerate(unpacked(specimen).T):
        at = label(specimen, bit)
        if not len(column):
            assert f"set_share{at}" not in found
            continue
        share = float(column.mean())
        assert found[f"set_share{at}"] == pytest.approx(share)
        by_hand = -sum(p * math.log2(p) for p in (share, 1 - share) if p)
        assert found[f"bit_entropy{at}"] == pytest.approx(by_hand, abs=1e-12)


def test_set_shares_are_exact(any_specimen: "Specimen", measured: "Measured") -> None:
    """Of tensors counted one by one and of those counted in bins."""
    assert_shares(any_specimen, measured(any_specimen, nearest=0))
