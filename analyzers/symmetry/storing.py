"""How few numbers an exact symmetry leaves to store."""

from collections.abc import Iterator
from dataclasses import dataclass

from analyzers.symmetry.families import Family
from analyzers.symmetry.groups import n_orbits
from analyzers.symmetry.kernels import Kernels
from analyzers.symmetry.mixers import Mixer
from analyzers.symmetry.twins import Twins

WORDS = {
    Family.TOEPLITZ: "it is Toeplitz: constant along diagonals",
    Family.CIRCULANT: "it is circulant: each row is the one above, shifted",
    Family.EQUIVARIANT: "it is a I + b 11^T",
    Family.SYMMETRIC: "it is symmetric",
    Family.SKEW: "it is skew-symmetric",
    Family.IDENTITY: "it is a multiple of the identity",
    Family.DIAGONAL: "it is diagonal",
    Family.BLOCKS: "it is block-diagonal",
    Family.CONSTANT: "all its elements are equal",
}


@dataclass(frozen=True, slots=True)
class Saving:
    """An exact symmetry, and what it leaves."""

    kind: str
    """`rows`, `kernels`, or the family."""
    words: str
    """As a clause."""
    n_numbers: int
    """That need storing."""


def savings(kernels: Kernels | None, mixer: Mixer | None, twins: Twins | None, n_elements: int) -> tuple[Saving, ...]:
    """Every exact symmetry that leaves fewer numbers than there are elements, the most saving first."""
    found = [*of_kernels(kernels), *of_mixer(mixer), *of_rows(twins)]
    if mixer is None and twins is not None and twins.is_constant:
        found.append(Saving(Family.CONSTANT.value, WORDS[Family.CONSTANT], 1))
    return tuple(sorted((one for one in found if one.n_numbers < n_elements), key=lambda one: one.n_numbers))


def of_kernels(kernels: Kernels | None) -> Iterator[Saving]:
    """Kernels that elements of their group leave as they are: one number an orbit of taps."""
    if kernels is None or len(kernels.exact) < 2:
        return
    names = [element.name for element in kernels.exact[1:]]
    is_all = len(kernels.exact) == len(kernels.group.elements)
    under = f"all of {kernels.group.name}" if is_all and len(names) > 1 else " and ".join(names)
    words = f"its kernels do not change under {under}"
    yield Saving("kernels", words, kernels.n_kernels * n_orbits(kernels.exact))


def of_mixer(mixer: Mixer | None) -> Iterator[Saving]:
    """Families that the matrix belongs to."""
    if mixer is None:
        return
    for family in mixer.read.exact:
        yield Saving(family.value, WORDS[family], mixer.sums.shape.dimension(family))


def of_rows(twins: Twins | None) -> Iterator[Saving]:
    """Rows that are multiples of others."""
    if twins is not None:
        yield Saving("rows", "rows are zero or multiples of other rows", twins.n_numbers)
