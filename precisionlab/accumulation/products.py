"""Matrix products as an accumulator computes them.

>>> import numpy as np
>>> ones = np.ones((1, 4096), np.float32)
>>> float(matmul_by(ones, ones[0], "bf16")[0])  # adding ones in bfloat16 stops at 256
256.0
"""

from math import prod
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from precisionlab.accumulation.catalogue import parse_accumulator
from precisionlab.accumulation.records import Accumulator, Promoted, Strassen
from precisionlab.errors import UsageError
from precisionlab.formats.arrays import float_type_of, is_numpy
from precisionlab.formats.rounding import key_of, whole
from precisionlab.formats.rounding.policy import Draw

if TYPE_CHECKING:
    import torch

Array = TypeVar("Array", bound="NDArray[Any] | torch.Tensor")
Doubles = NDArray[np.float64]


def matmul_by(
    weights: Array, inputs: Array, accumulator: Accumulator | str, *, seed: int | None = None, threads: int = 1
) -> Array:
    """The product of weights [m, k] and inputs [k, n] or [k], every operation rounded as the accumulator does.

    Tensor cores take factors of their own format: others are rounded to it, to nearest even, first. Chains take them as
    they are. All are numbers of at most float32's range and precision, in which products are exact in float64.

    Args:
        weights: numpy array or torch tensor of float16, bfloat16 or float32.
        inputs: of the same library.
        accumulator: or its name, as `fp32`, `bf16_fma`, `h100_fp8_promoted128`.
        seed: for stochastic rounding. What an operation draws depends on it and on its place in the product only.
        threads: how many work at a time; the result does not depend on it.

    Returns:
        float64 [m, n] or [m]: numbers of the accumulator's format.

    Raises:
        UsageError: shapes that do not fit, float64, an unknown accumulator, no threads, a seed that is missing or superfluous.
        FormatError: the accumulator's format does not exist, or is none that is computed in.
    """
    made = accumulator if isinstance(accumulator, Accumulator) else parse_accumulator(str(accumulator))
    for array in (weights, inputs):
        if float_type_of(array) == "float64":
            raise UsageError("matmul_by", "float64 is not simulated", "convert weights and inputs to float32")
    if is_numpy(weights) != is_numpy(inputs):
        raise UsageError("matmul_by", "weights and inputs are of two libraries", "convert one of them")
    if weights.ndim != 2 or inputs.ndim not in {1, 2} or inputs.shape[0] != weights.shape[1]:
        shapes = f"{list(weights.shape)} and {list(inputs.shape)}"
        raise UsageError("matmul_by", f"shapes {shapes} do not fit", "give weights [m, k] and inputs [k, n] or [k]")
    if whole("threads", threads) < 1:
        raise UsageError("threads", f"takes a whole number of at least 1, not {threads}")
    key = key_for(made, seed)
    if is_numpy(weights):
        from precisionlab.accumulation.arrays import numpy_product  # noqa: PLC0415 - numba takes long to import

        columns = np.asarray(inputs).reshape(inputs.shape[0], prod(inputs.shape[1:]))
        product = numpy_product(np.asarray(weights), columns, made, key, threads)
        return cast("Array", product.reshape(weights.shape[0], *inputs.shape[1:]))
    from precisionlab.accumulation.accelerator import tensor_product  # noqa: PLC0415 - torch takes long to import

    return cast(
        "Array", tensor_product(cast("torch.Tensor", weights), cast("torch.Tensor", inputs), made, key, threads)
    )


def key_for(accumulator: Accumulator, seed: int | None) -> int:
    """The seed's random key; 0 where nothing is drawn.

    Raises:
        UsageError: a seed is missing or superfluous.
    """
    inner = accumulator.inner if isinstance(accumulator, Promoted | Strassen) else accumulator
    if inner.rounding is not Draw.STOCHASTIC:
        if seed is not None:
            raise UsageError("seed", f"{accumulator.name} draws nothing", "leave it away")
        return 0
    if seed is None:
        raise UsageError("seed", f"{accumulator.name} draws, and needs one", "pass seed=0, or any other whole number")
    return key_of(whole("seed", seed))
