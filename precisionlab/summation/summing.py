"""Sums and dot products by any method, in any working format, of numpy arrays and torch tensors.

>>> import numpy as np
>>> terms = np.array([1e-10, 1e10, 1e-10, -1e10, 1e-10])
>>> [float(sum_by(terms, method)) for method in ("recursive", "kahan", "neumaier", "exact")]
[1e-10, 1e-10, 3e-10, 3e-10]

**The working format** is that of the terms and of every intermediate result: terms are rounded to it first, and every
addition and product is rounded to it to nearest even. It is the array's own type unless another one is named. `exact`
takes the numbers as they are, and rounds once.

**Results** are in the array's type if that holds every number of the working format, else in float32, else in float64.

**Lanes.** Terms may be dealt out to lanes: term i of every 2^20 consecutive ones goes to lane i mod L. The lanes are
summed side by side; then all lanes' sums, in order, and then what they kept aside are summed by the same method, those of
`dot2` by `sum2`, of `dotk:K` by `sumk:K`. By compensated methods it is as accurate, and many times as fast: there L is 256
beyond 65,536 terms. Else L is 1, the textbook's algorithm, or what `lanes` says; so the result depends on the number of
terms alone, never on threads or memory.

**Infinities and NaN** add up as in IEEE 754; a running sum that overflows stays infinite, whatever it keeps aside. The
sum of nothing is 0, and that of negative zeros alone -0.
"""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.formats.arrays import float_type_of, is_numpy
from precisionlab.formats.records import ElementFormat, FloatFormat
from precisionlab.formats.rounding import round_to
from precisionlab.formats.rounding.working import SOURCES, is_beyond, is_within
from precisionlab.summation.anchors import DOUBLE, SINGLE, Anchors, anchors_of, working_format
from precisionlab.summation.methods import OF_PRODUCTS, Method, Way, parse_method

if TYPE_CHECKING:
    import torch

Array = TypeVar("Array", bound="NDArray[Any] | torch.Tensor")
Reals = NDArray[Any]

LANES: Final = 256
MANY: Final = 1 << 16
"""Terms beyond which compensated methods use lanes."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a call settled: how to sum, and in which format."""

    method: Method
    format_: FloatFormat
    source: str
    """The type of the array."""
    lanes: int | None
    threads: int

    @property
    def is_native(self) -> bool:
        """Whether the numbers' own type does the arithmetic."""
        is_single = self.source == "float32" and self.format_ == SINGLE and self.method.way not in OF_PRODUCTS
        return is_single or self.format_ == DOUBLE

    @property
    def kind(self) -> type[Any]:
        """In what terms are held."""
        return np.float32 if self.is_native and self.format_ == SINGLE else np.float64

    @property
    def anchors(self) -> Anchors | None:
        """The constants of the format, or None for arithmetic that the machine has."""
        return None if self.is_native else anchors_of(self.format_)

    @property
    def rounds_terms(self) -> bool:
        """Whether the format lacks numbers of the array's type."""
        return not is_beyond(self.format_, SOURCES[self.source])

    def n_lanes(self, n_terms: int) -> int:
        """How many lanes a sum of so many terms has."""
        usual = LANES if self.method.is_compensated and n_terms > MANY else 1
        return min(max(1, n_terms), usual if self.lanes is None else self.lanes)


def sum_by(  # noqa: PLR0913 - one keyword for each thing that sums differ in
    values: Array,
    method: Method | str = "exact",
    *,
    axis: int | None = None,
    working: ElementFormat | str | None = None,
    lanes: int | None = None,
    threads: int | None = None,
) -> Array:
    """Sums along an axis, by a method, in a working format.

    Args:
        values: numpy array or torch tensor of float16, bfloat16, float32 or float64.
        method: `recursive`, `pairwise`, `blocked:128`, `kahan`, `neumaier`, `klein`, `sum2`, `sumk:3`,
            `double-double`, `exact`.
        axis: along which is summed; None for all elements, in row-major order.
        working: a float of at most float32's precision and range, float64, or its name; default: the array's own type.
        lanes: to how many running sums terms are dealt out in turns (see the module); default: 256 for compensated methods
            of more than 65,536 terms, else 1.
        threads: how many work at a time; default: as many as there are processors. Results do not depend on it.

    Returns:
        An array of the shape without the axis, on the same device; of a tensor that requires a gradient, without one.

    Raises:
        UsageError: an argument is none of those possible; masked arrays, whose masks would be ignored, are not.
        FormatError: sums are not computed in the format.
    """
    setting = settled(values, method, working, lanes, threads)
    if setting.method.way in OF_PRODUCTS:
        raise UsageError(
            "method", f"{setting.method.name} is a way of dot products", "call dot_by, or take sum2 or sumk:3"
        )
    if is_numpy(values):
        return cast("Array", numpy_sums(setting, np.asarray(values), axis))
    from precisionlab.summation.tensors import tensor_sums  # noqa: PLC0415 - torch takes long to import

    return cast("Array", tensor_sums(setting, cast("torch.Tensor", values), axis))


def dot_by(  # noqa: PLR0913 - those of sum_by
    x: Array,
    y: Array,
    method: Method | str = "exact",
    *,
    axis: int = -1,
    working: ElementFormat | str | None = None,
    lanes: int | None = None,
    threads: int | None = None,
) -> Array:
    """Dot products along an axis of two arrays of one shape: those of `sum_by`, and `fma`, `dot2`, `dotk:3`.

    The other methods round each product to the working format and sum the products. Arguments, results and errors are
    those of `sum_by`.
    """
    setting = settled(x, method, working, lanes, threads)
    if float_type_of(y) != setting.source or type(x) is not type(y):
        raise UsageError("dot_by", "two arrays of one type are needed", "convert one to the type of the other")
    if tuple(x.shape) != tuple(y.shape):
        raise UsageError("dot_by", f"shapes {list(x.shape)} and {list(y.shape)} differ", "broadcast them before")
    if is_numpy(x):
        return cast("Array", numpy_sums(setting, np.asarray(x), axis, np.asarray(y)))
    from precisionlab.summation.tensors import tensor_sums  # noqa: PLC0415 - torch takes long to import

    return cast("Array", tensor_sums(setting, cast("torch.Tensor", x), axis, cast("torch.Tensor", y)))


def absorbed_by(
    values: Array, *, axis: int | None = None, working: ElementFormat | str | None = None
) -> "NDArray[np.int64]":
    """How many terms other than 0 a recursive sum takes without changing: what is called stagnation where they are many.

    Arguments and errors are those of `sum_by`; counts are a numpy array of the shape without the axis.
    """
    from precisionlab.summation.by_column import columns_absorbed  # noqa: PLC0415 - numba

    setting = settled(values, "recursive", working, None, None)
    if is_numpy(values):
        array = np.asarray(values)
    else:
        from precisionlab.summation.tensors import as_numpy  # noqa: PLC0415 - torch takes long to import

        array = as_numpy(cast("torch.Tensor", values).detach())
    along = 0 if axis is None else normalized_axis(axis, array.ndim)
    moved = array.reshape(-1) if axis is None else np.moveaxis(array, along, 0)
    if not array.size:
        return np.zeros(moved.shape[1:], np.int64)
    return columns_absorbed(setting, moved.reshape(len(moved), -1)).reshape(moved.shape[1:])


def settled(
    values: object, method: Method | str, working: ElementFormat | str | None, lanes: int | None, threads: int | None
) -> Setting:
    """The arguments, checked.

    Raises:
        UsageError: an argument is none of those possible.
        FormatError: sums are not computed in the format.
    """
    source = float_type_of(values)
    for name, number in (("lanes", lanes), ("threads", threads)):
        if number is not None and (type(number) is not int or number < 1):
            raise UsageError(name, f"takes a whole number of at least 1, not {printable(repr(number), 40)}")
    return Setting(
        parse_method(method),
        working_format(source if working is None else working),
        source,
        lanes,
        threads or os.cpu_count() or 1,
    )


def normalized_axis(axis: object, n_axes: int) -> int:
    """The axis counted from the first.

    Raises:
        UsageError: the array has no such axis.
    """
    if type(axis) is not int or not -n_axes <= axis < n_axes:
        has = f"has axes 0 to {n_axes - 1}" if n_axes else "has no axis"
        raise UsageError("axis", f"{printable(repr(axis), 40)} is not possible, the array {has}")
    return axis % n_axes


def result_type(setting: Setting) -> str:
    """The type of the results: the array's, or the narrowest wider one that holds the format."""
    return next(name for name in (setting.source, "float32", "float64") if is_within(setting.format_, SOURCES[name]))


def numpy_sums(setting: Setting, x: Reals, axis: int | None, y: Reals | None = None) -> Reals:
    """The sums of numpy arrays, or of the products of two."""
    along = 0 if axis is None else normalized_axis(axis, x.ndim)
    factors = [
        factor.reshape(-1) if axis is None else np.moveaxis(factor, along, 0) for factor in (x, y) if factor is not None
    ]
    shape = factors[0].shape[1:]
    columns = [factor.reshape(len(factor), int(np.prod(shape))) for factor in factors]
    # Row-major sums of no terms have no columns to be told from the shape.
    sums = np.zeros(int(np.prod(shape)), np.float64) if not x.size else column_sums(setting, columns)
    name = result_type(setting)
    kind = x.dtype.newbyteorder("=") if name == setting.source else np.dtype(name)
    with np.errstate(all="ignore"):
        return cast("Reals", sums.astype(kind).reshape(shape))


def column_sums(setting: Setting, columns: list[Reals]) -> Reals:
    """The sums of the columns of one array [n, sums], or of the products of two."""
    from precisionlab.summation.by_column import columns_by_method, columns_exactly  # noqa: PLC0415 - numba

    return (columns_exactly if setting.method.way is Way.EXACT else columns_by_method)(setting, columns)


def in_working(setting: Setting, numbers: Reals) -> Reals:
    """Numbers [terms, lanes] as terms: contiguous, in the type that holds them, rounded to the working format."""
    with np.errstate(all="ignore"):
        held = np.ascontiguousarray(numbers, setting.kind)
    return round_to(held, setting.format_) if setting.rounds_terms else held
