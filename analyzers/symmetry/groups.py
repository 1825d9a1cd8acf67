"""Symmetries of grids of taps: the dihedral group of the square, Klein's of rectangles, the flip of lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Element:
    """A symmetry of a grid."""

    name: str
    places: tuple[int, ...]
    """Where each tap's number is taken from, the taps in row-major order: (g W)[i] = W[places[i]]."""


@dataclass(frozen=True, slots=True)
class Irreducible:
    """An irreducible representation over the reals."""

    name: str
    dimension: int
    characters: tuple[int, ...]
    """Of each element of the group, in its order."""


@dataclass(frozen=True, slots=True)
class Group:
    """All symmetries of a grid, the identity first."""

    name: str
    elements: tuple[Element, ...]
    parts: tuple[Irreducible, ...]

    @property
    def n_taps(self) -> int:
        """Taps of the grid."""
        return len(self.elements[0].places)

    def energies(self, products: Sequence[float]) -> Mapping[str, float]:
        """The energy in each irreducible part, from the products <W, g W> with each element (Serre 1977, section 2.6)."""
        return {
            part.name: part.dimension
            * sum(character * product for character, product in zip(part.characters, products, strict=True))
            / len(self.elements)
            for part in self.parts
        }

    def expected(self) -> Mapping[str, float]:
        """The share of each part in white noise: its dimension among that of all kernels."""
        fixed = [float(n_fixed(element)) for element in self.elements]
        return {name: dimension / self.n_taps for name, dimension in self.energies(fixed).items()}


def n_fixed(element: Element) -> int:
    """Taps that stay where they are."""
    return sum(place == i for i, place in enumerate(element.places))


def n_orbits(elements: Sequence[Element]) -> int:
    """Classes of taps that a subgroup moves to one another: as many numbers as a kernel has that it leaves as it is."""
    return sum(map(n_fixed, elements)) // len(elements)  # Burnside's lemma


def group_of(lengths: Sequence[int]) -> Group:
    """The symmetries of a grid of one or two axes."""
    if len(lengths) == 1:
        return flips(lengths[0])
    rows, columns = lengths
    return dihedral(rows) if rows == columns else klein(rows, columns)


def dihedral(side: int) -> Group:
    """D4: rotations of a square by 90 degrees, and reflections."""
    grid = np.arange(side * side).reshape(side, side)
    moved = {
        "identity": grid,
        "rotation by 90": np.rot90(grid),
        "rotation by 180": np.rot90(grid, 2),
        "rotation by 270": np.rot90(grid, 3),
        "left-right": grid[:, ::-1],
        "up-down": grid[::-1],
        "diagonal": grid.T,
        "antidiagonal": np.rot90(grid, 2).T,
    }
    parts = (
        Irreducible("A1", 1, (1, 1, 1, 1, 1, 1, 1, 1)),
        Irreducible("A2", 1, (1, 1, 1, 1, -1, -1, -1, -1)),
        Irreducible("B1", 1, (1, -1, 1, -1, 1, 1, -1, -1)),
        Irreducible("B2", 1, (1, -1, 1, -1, -1, -1, 1, 1)),
        Irreducible("E", 2, (2, 0, -2, 0, 0, 0, 0, 0)),
    )
    return Group("D4", elements_of(moved), parts)


def klein(rows: int, columns: int) -> Group:
    """The four symmetries of a rectangle."""
    grid = np.arange(rows * columns).reshape(rows, columns)
    moved = {
        "identity": grid,
        "rotation by 180": grid[::-1, ::-1],
        "left-right": grid[:, ::-1],
        "up-down": grid[::-1],
    }
    parts = (
        Irreducible("A", 1, (1, 1, 1, 1)),
        Irreducible("B1", 1, (1, 1, -1, -1)),
        Irreducible("B2", 1, (1, -1, 1, -1)),
        Irreducible("B3", 1, (1, -1, -1, 1)),
    )
    return Group("Klein four-group", elements_of(moved), parts)


def flips(length: int) -> Group:
    """The two symmetries of a line."""
    line = np.arange(length)
    parts = (Irreducible("even", 1, (1, 1)), Irreducible("odd", 1, (1, -1)))
    return Group("flip", elements_of({"identity": line, "flip": line[::-1]}), parts)


def elements_of(moved: "Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]") -> tuple[Element, ...]:
    """Elements by name, from grids of the places that numbers come from."""
    return tuple(Element(name, tuple(grid.ravel().tolist())) for name, grid in moved.items())
