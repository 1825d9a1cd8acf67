"""Everything that is compared for one tensor."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzers.lowrank.curves import FEW_LEVELS, LARGE, LEVELS, SVD, Curve, columns_curve, svd_curve, tensor_curves
from analyzers.lowrank.options import Options
from analyzers.lowrank.rivals import Rival, rivals
from precisionlab.analysis.comparisons import Compared
from precisionlab.analysis.folding import Folding, folding_of
from precisionlab.analysis.results import Measurement, metric
from precisionlab.analysis.seeding import generator, seed_of
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.weights import drawn_part, matrix_of, shape_of
from precisionlab.checkpoints.dtypes import DTYPE_BITS
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.structure.bounds import LARGEST_SHORT_SIDE

if TYPE_CHECKING:
    import torch

ERRORS = (0.01, 0.05, 0.1)
"""Relative errors for which what they take is told."""
SIZES = (0.5, 0.25, 0.125)
"""Shares of the stored bits for which it is told what loses least."""
MOST_MODES = 3
"""Of a matrix that is folded although nothing is known of it."""
MOST_HELD = 1 << 26
"""Elements of a tensor that is held in binary32."""
LARGEST_KNOWN = 1 << 18
"""Elements of a folded tensor that stands beside random ones as a whole."""
NULL_LEVELS = (0.3, 0.6, 0.75, 0.9)
QUARTER = 0.25


@dataclass(frozen=True, slots=True)
class Choice:
    """What loses least of all that takes at most a share of the stored bits."""

    size: float
    best: str
    error: float
    best_factors: str
    factors_error: float
    best_format: str
    """Empty without any."""
    format_error: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What was found of one tensor."""

    shape: tuple[int, int]
    stored_bits: int
    """Of an element."""
    curves: tuple[Curve, ...]
    rivals: tuple[Rival, ...]
    folding: Folding | None
    columns: tuple[int, ...]
    """The first ones chosen."""
    compared: Compared
    sampled: tuple[int, int]
    left_out: str
    """Why some of the ways were not gone; empty where all were."""

    @property
    def n_elements(self) -> int:
        """Of the tensor."""
        return math.prod(self.shape)

    def curve(self, method: str) -> Curve | None:
        """A method's, where it was computed."""
        return next((one for one in self.curves if one.method == method), None)

    def choice(self, size: float) -> Choice:
        """The winners at a share of the stored bits."""
        factors = [(one.error_at(size * self.n_elements), one.method) for one in self.curves]
        formats = [(one.error, one.name) for one in self.rivals if one.bits <= size * self.stored_bits]
        best_factors, best_format = min(factors), min(formats, default=(math.nan, ""))
        best = min([best_factors, *formats])
        return Choice(size, best[1], best[0], best_factors[1], best_factors[0], best_format[1], best_format[0])


def measure(tensor: Tensor, largest: float, options: Options) -> Figures:
    """Everything there is to know of a finite tensor whose largest magnitude is this, above 0.

    Raises:
        TensorTooLargeError: it is wide and does not fit into the memory that a tensor may take.
    """
    from precisionlab.structure.singular import scale_of  # noqa: PLC0415 - torch, which is slow, and loaded by then

    scale, shape = scale_of(largest), shape_of(tensor.info)
    curves = [best_factors(tensor, scale, options)]
    found: tuple[Rival, ...] = ()
    columns: tuple[int, ...] = ()
    folding = folding_for(tensor.info, options)
    left_out = why_not_held(tensor) or why_not_folded(tensor.info, folding, options)
    if not why_not_held(tensor):
        matrix = in_binary32(tensor, scale).reshape(shape)
        found = tuple(rivals(matrix, options.formats))
        curve, columns = own_columns(matrix, tensor, options)
        curves.append(curve)
        if folding is not None and not left_out:
            levels = LEVELS if matrix.numel() <= LARGE else FEW_LEVELS
            curves += list(tensor_curves(folded(matrix, tensor.info, folding), levels))
    compared, sampled = beside(tensor, folding, scale, options)
    bits = DTYPE_BITS[tensor.info.dtype]
    return Figures(shape, bits, tuple(curves), found, folding, columns, compared, sampled, left_out)


def in_binary32(tensor: Tensor, scale: float) -> "torch.Tensor":
    """All numbers of a tensor over the scale; float16 and float8 would lose small ones, or cannot be divided at all."""
    import torch  # noqa: PLC0415 - as above

    values = tensor.values()
    if tensor.info.dtype == "float64" or scale < torch.finfo(torch.float32).tiny:
        return (values.double() / scale).float()
    return values.to(torch.float32, copy=True).div_(scale)


def best_factors(tensor: Tensor, scale: float, options: Options) -> Curve:
    """The curve of the truncated singular value decomposition."""
    from precisionlab.structure.krylov import leading  # noqa: PLC0415 - torch, as above
    from precisionlab.structure.singular import singular_values  # noqa: PLC0415

    matrix = matrix_of(tensor, scale)
    if min(matrix.shape) <= LARGEST_SHORT_SIDE:
        values = singular_values(matrix).cpu().numpy()
        return svd_curve(values, math.sqrt(float(np.square(values).sum())), matrix.shape)
    found = leading(matrix, options.max_columns, seed_of(options.seed, "krylov", tensor.info.name))
    return svd_curve(found.values.numpy(), found.frobenius, matrix.shape)


def own_columns(matrix: "torch.Tensor", tensor: Tensor, options: Options) -> tuple[Curve, tuple[int, ...]]:
    """The curve of columns of the matrix itself, and the first of them."""
    from precisionlab.structure.lowrank.columns import chosen_columns  # noqa: PLC0415 - torch, as above

    seed = seed_of(options.seed, "columns", tensor.info.name)
    chosen = chosen_columns(matrix, options.max_columns, seed)
    return columns_curve(chosen, (matrix.shape[0], matrix.shape[1])), tuple(chosen.indices[:8].tolist())


def why_not_held(tensor: Tensor) -> str:
    """Why a tensor is not held in memory, which all but the singular values need; empty where it is."""
    if tensor.info.n_elements > MOST_HELD:
        return f"singular values alone, since it has more than {MOST_HELD:,} elements"
    if tensor.info.n_bytes > tensor.memory_bytes:
        return f"singular values alone, since its {tensor.info.n_bytes:,} bytes exceed the {tensor.memory_bytes:,} of --memory"
    return ""


def why_not_folded(info: TensorInfo, folding: Folding | None, options: Options) -> str:
    """Why no decomposition of a tensor is looked at; empty where one is."""
    if folding is None:
        return "no folding to a tensor is known; lowrank.reshape gives one"
    if info.n_elements > options.max_folded:
        return f"not folded, since it has more than {options.max_folded:,} elements (lowrank.max_folded)"
    return ""


def folding_for(info: TensorInfo, options: Options) -> Folding | None:
    """The tensor that a weight is, or that a matrix is made to be; None where its sides do not divide."""
    known = folding_of(info, options.heads, options.shape)
    if known is not None:
        return known
    sides = [factors_of(side) for side in shape_of(info)]
    if min(map(len, sides)) < MOST_MODES:
        return None
    return Folding("modes", tuple(one * other for one, other in zip(*sides, strict=True)))


def factors_of(side: int) -> tuple[int, ...]:
    """A side as a product of three numbers as near to one another as can be, the smallest first; fewer for primes."""
    first = max((d for d in range(2, round(side ** (1 / 3)) + 2) if side % d == 0 and d**3 <= side * 2), default=0)
    if not first:
        return (side,)
    rest = side // first
    second = max((d for d in range(2, math.isqrt(rest) + 1) if rest % d == 0), default=0)
    return tuple(sorted((first, second, rest // second))) if second else (side,)


def folded(matrix: "torch.Tensor", info: TensorInfo, folding: Folding) -> "torch.Tensor":
    """The tensor: for made modes, those of outputs and inputs are paired (Novikov et al. 2015)."""
    if folding.reason != "modes":
        return matrix.reshape(folding.shape).contiguous()
    outputs, inputs = (factors_of(side) for side in shape_of(info))
    n = len(outputs)
    paired = matrix.reshape(*outputs, *inputs).permute([axis for i in range(n) for axis in (i, n + i)])
    return paired.reshape(folding.shape).contiguous()


def beside(tensor: Tensor, folding: Folding | None, scale: float, options: Options) -> tuple[Compared, tuple[int, int]]:
    """Errors at a quarter of the numbers beside those of random matrices, of the whole or of a part."""
    from precisionlab.structure.nulls import Null, beside_nulls  # noqa: PLC0415 - torch, as above
    from precisionlab.structure.threads import one_thread_each  # noqa: PLC0415

    m, n = shape_of(tensor.info)
    is_whole = m * n <= LARGEST_KNOWN and max(m, n) <= options.sample
    part = drawn_part(tensor, options.sample, generator(options.seed, "lowrank", tensor.info.name), scale)
    nulls = [Null(name) for name in options.nulls]
    size = (part.shape[0], part.shape[1])
    if not nulls or not bool(part.any()):
        return {}, size

    def figures(matrix: "torch.Tensor") -> Mapping[str, float]:
        own = matrix_errors(matrix)
        return {**own, **folded_errors(matrix, tensor.info, folding)} if is_whole and folding is not None else own

    with one_thread_each():
        return beside_nulls(part, figures, nulls, options.draws, seed_of(options.seed, "nulls", tensor.info.name)), size


def matrix_errors(matrix: "torch.Tensor") -> Mapping[str, float]:
    """What the best factors lose at a quarter of the numbers."""
    from precisionlab.structure.matrices import matrix_at_hand  # noqa: PLC0415 - torch, as above
    from precisionlab.structure.singular import singular_values  # noqa: PLC0415

    shape = (matrix.shape[0], matrix.shape[1])
    values = singular_values(matrix_at_hand(matrix)).cpu().numpy()
    curve = svd_curve(values, math.sqrt(float(np.square(values).sum())), shape)
    return {"sample_error_svd": curve.error_at(QUARTER * math.prod(shape))}


def folded_errors(matrix: "torch.Tensor", info: TensorInfo, folding: Folding) -> Mapping[str, float]:
    """What decompositions of the tensor lose at a quarter of the numbers, between the levels by interpolation."""
    tensor = folded(matrix, info, folding)
    curves = tensor_curves(tensor, NULL_LEVELS)
    return {
        f"sample_error_{one.method}": float(
            np.interp(QUARTER, one.numbers / matrix.numel(), one.errors, left=float(one.errors[0]))
        )
        for one in curves
    }


def measurements(figures: Figures) -> Iterator[Measurement]:
    """The figures as named numbers."""
    m, n = figures.shape
    yield Measurement(metric("break_even_rank", "directions"), m * n // (m + n))
    for curve in figures.curves:
        for error in ERRORS:
            numbers = curve.numbers_at(error)
            if numbers is not None:
                label = {"method": curve.method, "error": f"{error:g}"}
                yield Measurement(metric("numbers", "share", **label), numbers / figures.n_elements)
        for size in SIZES:
            label = {"method": curve.method, "size": f"{size:g}"}
            yield Measurement(metric("error", **label), curve.error_at(size * figures.n_elements))
    svd = figures.curve(SVD)
    if svd is not None:
        for error in ERRORS:
            numbers = svd.numbers_at(error)
            if numbers is not None:
                yield Measurement(metric("rank", "directions", error=f"{error:g}"), numbers // (m + n))
    for rival in figures.rivals:
        yield Measurement(metric("format_error", format=rival.name), rival.error)
        yield Measurement(metric("format_bits", "bits", format=rival.name), rival.bits)
    for size in SIZES:
        choice = figures.choice(size)
        yield Measurement(metric("best", "", size=f"{size:g}"), choice.best)
        yield Measurement(metric("best_error", size=f"{size:g}"), choice.error)
