"""Rows of a tensor, and inputs of several kinds for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from analyzers.rounding.options import Options
from precisionlab.analysis.quantization.importance import moments_by_column
from precisionlab.analysis.roles import EXPERTS, is_named
from precisionlab.analysis.seeding import generator
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.formats.blocks.records import matrix_shape
from precisionlab.formats.rounding import round_to

Singles = NDArray[np.float32]


class Kind(Enum):
    """What inputs look like."""

    NORMAL = "normal"
    """Standard normal deviates: products of both signs."""
    UNIFORM = "uniform"
    """From [0, 1): inputs of one sign, as behind a ReLU."""
    ONE_SIGN = "one_sign"
    """From [0, 1), with the signs of the weights: products of one sign, as in norms. The worst case of a running sum."""
    CALIBRATION = "calibration"
    """Normal deviates of the second moments that `--calibration` gives for each input channel."""


JUDGED = (Kind.NORMAL, Kind.UNIFORM, Kind.CALIBRATION)
"""The kinds on which an accumulator must be safe."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Weights and the inputs that they are multiplied with."""

    kind: Kind
    weights: Singles
    """[rows, k]."""
    inputs: Singles
    """[k, inputs]."""


def layer_shape(info: TensorInfo) -> tuple[int, int]:
    """A weight as rows that inputs are multiplied with: [outputs, fan-in]; experts of one tensor [n, outputs, fan-in] too."""
    if is_stacked(info):
        return info.shape[0] * info.shape[1], info.shape[2]
    return matrix_shape(info.shape, is_flat=False)


def is_stacked(info: TensorInfo) -> bool:
    """Whether a tensor holds experts [n, outputs, fan-in]."""
    return len(info.shape) == 3 and is_named(info.name, EXPERTS)


def sampled_rows(tensor: Tensor, options: Options) -> Singles:
    """Some rows [rows, k] of a tensor as a matrix, in float32: all of them, or drawn without repetition."""
    n_rows, n_columns = layer_shape(tensor.info)
    length = min(n_columns, options.max_terms)
    random = generator(options.seed, "rows", tensor.info.name)
    chosen = np.sort(random.choice(n_rows, min(n_rows, options.rows), replace=False))
    rows = [tensor.part(row * n_columns, row * n_columns + length).double().cpu().numpy() for row in map(int, chosen)]
    with np.errstate(over="ignore"):
        return np.stack(rows).astype(np.float32)


def trials_of(tensor: Tensor, weights: Singles, options: Options) -> Iterator[Trial]:
    """The weights with inputs of every kind, which are numbers of the stored type where that has at least 16 bits."""
    k = weights.shape[1]
    random = generator(options.seed, "inputs", tensor.info.name)
    normal, uniform = random.standard_normal((k, options.inputs)), random.random((k, options.inputs))
    moments = None if is_stacked(tensor.info) else moments_by_column(tensor)
    yield Trial(Kind.NORMAL, weights, as_stored(normal, tensor))
    yield Trial(Kind.UNIFORM, weights, as_stored(uniform, tensor))
    yield Trial(Kind.ONE_SIGN, np.abs(weights), as_stored(uniform, tensor))
    if moments is not None:
        deviations = np.sqrt(moments[:k])[:, None]
        yield Trial(Kind.CALIBRATION, weights, as_stored(normal * deviations, tensor))


def as_stored(numbers: NDArray[np.float64], tensor: Tensor) -> Singles:
    """Inputs as a layer is fed them: in the stored type, or in bfloat16 where that is narrower, or in float32."""
    stored = tensor.info.dtype
    kind = (
        stored if stored in {"float16", "bfloat16"} else "float32" if stored in {"float32", "float64"} else "bfloat16"
    )
    return np.asarray(round_to(numbers, kind, overflow="saturate"), np.float32)
