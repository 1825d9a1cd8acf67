"""Groups of symmetries: characters are orthogonal, projections are projections, kernels made symmetric are."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analyzers.symmetry.groups import Group, group_of, n_orbits
from analyzers.symmetry.kernels import moved_by

Doubles = NDArray[np.float64]
GRIDS = [(3, 3), (4, 4), (5, 5), (7, 7), (2, 2), (3, 5), (4, 2), (3,), (4,)]
GROUPS = [group_of(lengths) for lengths in GRIDS]
NAMES = [str(lengths) for lengths in GRIDS]


def matrices(group: Group) -> list[Doubles]:
    """Each element as a permutation of taps."""
    identity = np.eye(group.n_taps)
    return [identity[list(element.places)] for element in group.elements]


def projections(group: Group) -> dict[str, Doubles]:
    """The projection onto each irreducible part, from its character."""
    moves = matrices(group)
    return {
        part.name: part.dimension
        / len(moves)
        * np.sum([character * move for character, move in zip(part.characters, moves, strict=True)], axis=0)
        for part in group.parts
    }


@pytest.mark.parametrize("group", GROUPS, ids=NAMES)
def test_the_elements_are_a_group(group: Group) -> None:
    """Products and inverses are among them, the identity comes first, and none is there twice where taps are enough."""
    moves = matrices(group)
    known = {move.tobytes() for move in moves}
    assert all((one @ other).tobytes() in known for one, other in itertools.product(moves, moves))
    assert all(move.T.copy().tobytes() in known for move in moves)
    np.testing.assert_array_equal(moves[0], np.eye(group.n_taps))


@pytest.mark.parametrize("group", GROUPS, ids=NAMES)
def test_characters_are_orthonormal(group: Group) -> None:
    """Schur's relations, rows of the table; squares of dimensions add up to the order."""
    table = np.array([part.characters for part in group.parts], float)
    np.testing.assert_array_equal(table @ table.T / len(group.elements), np.eye(len(table)))
    assert sum(part.dimension**2 for part in group.parts) == len(group.elements)
    assert [part.characters[0] for part in group.parts] == [part.dimension for part in group.parts]


def test_characters_of_the_square_are_constant_on_classes() -> None:
    """Conjugate elements have one character."""
    group = group_of((3, 3))
    moves = matrices(group)
    keys = [move.tobytes() for move in moves]
    for (i, one), other in itertools.product(enumerate(moves), moves):
        j = keys.index(np.ascontiguousarray(other @ one @ other.T).tobytes())
        assert all(part.characters[i] == part.characters[j] for part in group.parts)


@pytest.mark.parametrize("group", GROUPS, ids=NAMES)
def test_projections_are_idempotent_orthogonal_and_complete(group: Group) -> None:
    """P P = P = P^T, P P' = 0, and together they are the identity; ranks are the expected shares."""
    found = projections(group)
    for (name, one), (other_name, other) in itertools.product(found.items(), found.items()):
        np.testing.assert_allclose(one @ other, one if name == other_name else 0, atol=1e-15)
    np.testing.assert_allclose(sum(found.values()), np.eye(group.n_taps), atol=1e-15)
    for name, expected in group.expected().items():
        assert np.trace(found[name]) / group.n_taps == pytest.approx(expected)
        np.testing.assert_allclose(found[name], found[name].T, atol=1e-15)


@given(st.sampled_from(GROUPS), st.integers(0, 2**32))
def test_energies_are_those_of_the_projections(group: Group, seed: int) -> None:
    """Computed from distances alone, they are the squared norms of P W, and add up to 1."""
    kernels = np.random.default_rng(seed).standard_normal((5, group.n_taps))
    shares = moved_by(group, [torch.from_numpy(kernels)]).shares(group)
    for name, projection in projections(group).items():
        expected = np.square(kernels @ projection).sum() / np.square(kernels).sum()
        assert shares[name] == pytest.approx(expected, abs=1e-12)
    assert sum(shares.values()) == pytest.approx(1, abs=1e-12)


@given(st.sampled_from(GROUPS), st.integers(0, 2**32))
def test_kernels_of_one_part_have_all_energy_there(group: Group, seed: int) -> None:
    """And those that are averaged over the group are invariant: all energy in the first part."""
    kernels = np.random.default_rng(seed).standard_normal((3, group.n_taps))
    for name, projection in projections(group).items():
        projected = kernels @ projection
        if np.abs(projected).max() > 1e-9:
            assert moved_by(group, [torch.from_numpy(projected)]).shares(group)[name] == pytest.approx(1)


def test_expected_shares_of_three_by_three_by_hand() -> None:
    """Of 9 dimensions 3 are invariant, none is A2, one each B1 and B2, four E."""
    expected = group_of((3, 3)).expected()
    assert list(expected.values()) == pytest.approx([3 / 9, 0, 1 / 9, 1 / 9, 4 / 9])


@pytest.mark.parametrize(("grid", "orbits"), [((3, 3), 3), ((5, 5), 6), ((4, 4), 3), ((3, 5), 6), ((5,), 3)], ids=str)
def test_orbits_of_all_symmetries(grid: tuple[int, ...], orbits: int) -> None:
    """Counted by hand: centre, edges and corners of 3 x 3."""
    assert n_orbits(group_of(grid).elements) == orbits


def test_elements_move_taps_as_numpy_does() -> None:
    """Rotations and reflections of an asymmetric kernel."""
    kernel = np.arange(9.0).reshape(3, 3)
    moved = {one.name: kernel.ravel()[list(one.places)].reshape(3, 3) for one in group_of((3, 3)).elements}
    np.testing.assert_array_equal(moved["rotation by 90"], np.rot90(kernel))
    np.testing.assert_array_equal(moved["rotation by 270"], np.rot90(kernel, 3))
    np.testing.assert_array_equal(moved["left-right"], np.fliplr(kernel))
    np.testing.assert_array_equal(moved["up-down"], np.flipud(kernel))
    np.testing.assert_array_equal(moved["diagonal"], kernel.T)
    np.testing.assert_array_equal(moved["antidiagonal"], kernel[::-1, ::-1].T)
