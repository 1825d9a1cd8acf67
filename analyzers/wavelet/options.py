"""Options of the `wavelet` analyzer."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from precisionlab.analysis.options import nearest, option
from precisionlab.errors import UsageError
from precisionlab.escaping import printable

FAMILIES: Final = ("db", "sym", "coif")
"""Of PyWavelets whose wavelets are orthogonal to rounding: `dmey` is to 2e-3 only, `bior` and `rbio` are not."""
DECLARED: Final = "takes globs of tensors with an axis behind a colon, such as *.conv.weight:2"


class Null(StrEnum):
    """What a random copy of the weight has in common with it."""

    PERMUTED = "permuted"
    """Everything but the order along the ordered axes."""
    SHUFFLED = "shuffled"
    """The entries, in random places."""
    GAUSSIAN = "gaussian"
    """Mean and standard deviation; entries are independent normal deviates."""


@dataclass(frozen=True, slots=True)
class Declared:
    """An axis that the user calls ordered."""

    glob: str
    axis: int
    """From 0; from the end where negative."""


@dataclass(frozen=True, slots=True)
class Options:
    """The wavelet, the axes, and what the figures stand beside.

    Raises:
        UsageError: there is no such orthogonal wavelet, or an axis is declared in another way.
    """

    wavelet: str = option(
        "haar", "An orthogonal wavelet of PyWavelets: haar, db1 to db38, sym2 to sym20, coif1 to coif17."
    )
    levels: int = option(0, "Transform so many times; 0 for as often as the lengths allow.", minimum=0, maximum=64)
    ordered: tuple[str, ...] = option(
        (),
        "Further ordered axes, such as time: a glob of tensors, a colon, and the axis from 0, as in *.conv.weight:2.",
    )
    nulls: tuple[str, ...] = option(
        ("permuted",),
        "Random copies that the figures stand beside; permuted along the ordered axes by default.",
        choices=tuple(null.value for null in Null),
    )
    draws: int = option(10, "Draw so many copies of each kind.", minimum=10, maximum=1000)
    max_elements: int = option(
        1 << 22, "Look at so many elements of a tensor: kernels, or features of positions, drawn at random.", minimum=1
    )
    min_elements: int = option(16, "Look at tensors of at least this many elements.", minimum=1)
    seed: int = option(0, "Draws the kernels and the copies.", minimum=0)

    def __post_init__(self) -> None:
        check_wavelet(self.wavelet)
        declared_axes(self.ordered)


def check_wavelet(name: str) -> None:
    """Nothing, for an orthogonal wavelet of PyWavelets.

    Raises:
        UsageError: it is none; the nearest is named.
    """
    if name == "haar":
        return
    import pywt  # noqa: PLC0415 - not needed for Haar, nor to list the options

    known = {one: one for one in ("haar", *(one for family in FAMILIES for one in pywt.wavelist(family)))}
    if name in known:
        return
    is_other = name in pywt.wavelist(kind="discrete")
    problem = "is not orthogonal: energies of scales would not add up" if is_other else "is no wavelet of PyWavelets"
    remedy = "take one such as haar, db4, sym4 or coif2" if is_other else nearest(name, known)
    raise UsageError("wavelet.wavelet", f"{printable(name, 40)} {problem}", remedy)


def declared_axes(texts: tuple[str, ...]) -> tuple[Declared, ...]:
    """The axes that the user declares.

    Raises:
        UsageError: one is not written as a glob, a colon and a whole number.
    """
    return tuple(map(declared_axis, texts))


def declared_axis(text: str) -> Declared:
    """`*.conv.weight:2` as a glob and an axis.

    Raises:
        UsageError: it is written in another way.
    """
    glob, colon, axis = text.rpartition(":")
    try:
        number = int(axis)
    except ValueError:
        number = None
    if not glob or not colon or number is None:
        raise UsageError("wavelet.ordered", f"{DECLARED}, not {printable(text, 60)}")
    return Declared(glob, number)
