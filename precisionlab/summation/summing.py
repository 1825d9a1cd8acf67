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

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from precisionlab.errors import UsageError
from precisionlab.formats.arrays import float_type_of, is_numpy
from precisionlab.formats.records import ElementFormat
from precisionlab.summation.methods import OF_PRODUCTS, Method
from precisionlab.summation.settings import normalized_axis, settled

if TYPE_CHECKING:
    import torch

Array = TypeVar("Array", bound="NDArray[Any] | torch.Tensor")


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
        from precisionlab.summation.arrays import numpy_sums  # noqa: PLC0415 - numba takes long to import

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
        from precisionlab.summation.arrays import numpy_sums  # noqa: PLC0415 - numba takes long to import

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
