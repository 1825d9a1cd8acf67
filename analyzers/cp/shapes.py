"""Which tensor a weight is decomposed as, and what a layer of factors costs beside it."""

import math

from analyzers.cp.options import Options
from precisionlab.analysis.folding import Folding, folding_of
from precisionlab.analysis.weights import ONE_AXIS, obstacle, too_few
from precisionlab.checkpoints.model import TensorInfo

A_MATRIX = (
    "it is a matrix, whose CP decomposition is its SVD (see lowrank): "
    "fold it by cp.heads or cp.reshape; numbered layers of equal shape are stacked, which the checkpoint's own result tells"
)


def folded(info: TensorInfo, options: Options) -> Folding | str:
    """The tensor of three or more axes of two or more indices that a weight is; or why it is none."""
    if reason := obstacle(info):
        return "it has fewer than three axes" if reason == ONE_AXIS else reason
    if few := too_few(info, "cp", options.min_elements):
        return few
    folding = folding_of(info, options.heads, options.shape)
    shape = tuple(size for size in folding.shape if size > 1) if folding else ()
    if folding is None or len(shape) < 3:
        return A_MATRIX
    if info.n_elements > options.max_elements:
        return f"more than {options.max_elements:,} elements (cp.max_elements)"
    return Folding(reason_of(folding, info), shape)


def reason_of(folding: Folding, info: TensorInfo) -> str:
    """Why the folding is natural; of heads also on which side of the matrix they are."""
    if folding.reason != "heads":
        return folding.reason
    return "reading heads" if folding.shape[-1] == info.shape[1] else "writing heads"


def parameters(shape: tuple[int, ...], rank: int) -> float:
    """Numbers of the factors, r (n_1 + … + n_d), over those of the tensor."""
    return rank * sum(shape) / math.prod(shape)


def multiply_adds(folding: Folding, rank: int) -> float:
    """Multiply-adds of a layer of factors over those of the layer; NaN where the axes are not known.

    Kernels: an output position at stride 1, as a convolution of one tap, one along each axis of taps, and one of one
    tap. Experts and layers: an input vector in one of them. Heads: an input vector in all of them, where the heads and
    their channels are not summed over: (n + h + h d) r of n h d.
    """
    shape = folding.shape
    match folding.reason:
        case "kernel":
            return parameters(shape, rank)
        case "experts" | "layers":
            return rank * (1 + sum(shape[1:])) / math.prod(shape[1:])
        case "reading heads":
            return rank * (shape[2] + shape[0] + shape[0] * shape[1]) / math.prod(shape)
        case "writing heads":
            return rank * (shape[0] + shape[1] + shape[1] * shape[2]) / math.prod(shape)
        case _:
            return math.nan
