"""Transforms keep energies, and are Haar's and PyWavelets' where these are orthogonal."""

import numpy as np
import pytest
import pywt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analyzers.wavelet.transforms import Doubles, most_levels, transform

LENGTHS = st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple)


def noise(*shape: int) -> Doubles:
    """Normal deviates."""
    return np.random.default_rng(0).standard_normal(shape)


def test_haar_of_four_entries_by_hand() -> None:
    """Differences of neighbours and of pairs, and the mean, each of length 1."""
    found = transform(np.array([[9.0, 7.0, 3.0, 5.0]]))
    np.testing.assert_allclose(found.details[0], np.array([[2.0, -2.0]]) / np.sqrt(2))
    np.testing.assert_allclose(found.details[1], [[(16 - 8) / 2]])
    np.testing.assert_allclose(found.rest, [[24 / 2]])


def test_haar_of_three_entries_by_hand() -> None:
    """The third waits, and then weighs half of the pair: (a + b) / sqrt(2) against c, with sqrt(2 / 3) and sqrt(1 / 3)."""
    a, b, c = 5.0, 1.0, 2.0
    found = transform(np.array([[a, b, c]]))
    np.testing.assert_allclose(found.details[0], [[(a - b) / np.sqrt(2)]])
    np.testing.assert_allclose(found.details[1], [[(a + b - 2 * c) / np.sqrt(6)]])
    np.testing.assert_allclose(found.rest, [[(a + b + c) / np.sqrt(3)]])


def test_haar_energies_of_a_kernel_by_hand() -> None:
    """[[1, 1], [0, 0]]: half of the energy is the mean's, half the details'."""
    found = transform(np.array([[[1.0, 1.0], [0.0, 0.0]]]))
    assert np.square(found.rest).sum() == pytest.approx(1)
    assert np.square(found.details[0]).sum() == pytest.approx(1)


@pytest.mark.parametrize("wavelet", ["haar", "db2", "db4", "sym4", "coif1"])
@pytest.mark.parametrize("shape", [(3, 3), (5, 5), (7, 7), (4, 4), (12,), (6, 10), (3, 4, 5), (1, 8), (33,)], ids=str)
def test_the_transform_is_orthogonal(wavelet: str, shape: tuple[int, ...]) -> None:
    """Unit vectors become orthonormal ones, at every length and for every number of levels."""
    n = int(np.prod(shape))
    for levels in range(1, most_levels(shape) + 1):
        matrix = transform(np.eye(n).reshape(n, *shape), wavelet, levels).all()
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(n), atol=1e-11)


@given(LENGTHS.flatmap(lambda shape: arrays(np.float64, (2, *shape), elements=st.floats(-8, 8, width=32))))
def test_energies_add_up_to_the_whole(kernels: Doubles) -> None:
    """Parseval, to 1e-12."""
    found = transform(kernels)
    assert np.square(found.all()).sum() == pytest.approx(np.square(kernels).sum(), rel=1e-12, abs=1e-12)
    assert found.all().shape == (2, kernels[0].size)


@pytest.mark.parametrize("shape", [(3, 3), (5,), (7, 6), (8, 8), (12,)], ids=str)
@pytest.mark.parametrize("wavelet", ["haar", "db3"])
def test_constants_have_no_details(shape: tuple[int, ...], wavelet: str) -> None:
    """Whatever the lengths: all energy is left on the coarsest scale."""
    found = transform(np.ones((1, *shape)), wavelet)
    assert max(np.abs(band).max() for band in found.details) < 1e-10
    assert found.rest.shape == (1, 1)
    assert found.rest.item() == pytest.approx(np.sqrt(np.prod(shape)))


@pytest.mark.parametrize("wavelet", ["haar", "db2", "sym5", "coif2"])
def test_powers_of_two_agree_with_pywavelets(wavelet: str) -> None:
    """The energies of `wavedec2` in periodic extension, scale by scale."""
    kernels = noise(3, 64, 64)
    found = transform(kernels, wavelet, levels=2)
    approximation, *details = pywt.wavedec2(kernels, wavelet, mode="periodization", level=2, axes=(1, 2))
    np.testing.assert_allclose(np.square(found.rest).sum(), np.square(approximation).sum())
    for own, theirs in zip(found.details, reversed(details), strict=True):
        np.testing.assert_allclose(np.sort(own, axis=None), np.sort(np.stack(theirs), axis=None), atol=1e-10)


def test_a_line_agrees_with_pywavelets_number_for_number() -> None:
    """One axis, three levels, Daubechies' wavelet of four taps."""
    lines = noise(3, 24)
    found = transform(lines, "db2", levels=3)
    rest, *details = pywt.wavedec(lines, "db2", mode="periodization", level=3, axis=1)
    np.testing.assert_allclose(found.rest, rest)
    for own, theirs in zip(found.details, reversed(details), strict=True):
        np.testing.assert_allclose(own, theirs)


def test_levels_of_an_uneven_kernel() -> None:
    """The longer axis decides."""
    assert most_levels((3, 5)) == 3
    assert most_levels((1, 1)) == 0
    assert most_levels((8,)) == 3
