"""The decompositions of one tensor, and those of random ones beside it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzers.cp.options import Options
from analyzers.cp.shapes import multiply_adds, parameters
from precisionlab.analysis.folding import Folding
from precisionlab.analysis.results import Measurement, metric
from precisionlab.analysis.seeding import generator, seed_of
from precisionlab.analysis.tensors import Tensor

if TYPE_CHECKING:
    import torch

    from precisionlab.structure.cp.fitting import Fit, Limits
    from precisionlab.structure.nulls import Comparison, Null

PIECE = 1 << 21
"""Elements that are read at a time."""
IN_DOUBLE = 1 << 17
"""Elements up to which large products are computed in float64; beyond in float32, unless stored in float64."""
DIRECT = 1 << 22
"""Elements up to which a tensor is decomposed as it is; beyond on directions of its axes."""
RANDOM_SWEEPS, RANDOM_TOLERANCE = 50, 1e-4
"""Limits of the fits of the part and of random tensors, which have one start each."""


@dataclass(frozen=True, slots=True)
class Rung:
    """The best decomposition of one rank."""

    rank: int
    error: float
    """|X - model| / |X|."""
    weight_ratio: float
    """Sum of the components' norms over |X|."""
    least_congruence: float
    sweeps: int
    has_converged: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """What was found of one tensor."""

    folding: Folding
    rungs: tuple[Rung, ...]
    largest_rank: int
    """Beyond which no rank is needed for this shape."""
    smallest: Rung | None
    """Of at most the chosen error; None where no rank of the ladder reaches it."""
    captured_energy: float
    """Of the tensor on the directions on which it is seen: 1 where it is seen as it is."""
    sampled: tuple[int, ...]
    """The shape of the part that stands beside random tensors."""
    compared: "Mapping[int, Mapping[Null, Comparison]]"
    """Errors of the part beside random tensors, by rank."""

    @property
    def is_part(self) -> bool:
        """Whether not all of the tensor stands beside random ones."""
        return self.sampled != self.folding.shape


def read(tensor: Tensor, scale: float) -> "torch.Tensor":
    """All elements over `scale`, flat, in the type of the large products."""
    import torch  # noqa: PLC0415 - slow, and loaded by then

    n_elements = tensor.info.n_elements
    wide = n_elements <= IN_DOUBLE or tensor.info.dtype == "float64"
    flat = torch.empty(n_elements, dtype=torch.float64 if wide else torch.float32, device=tensor.device)
    for start in range(0, n_elements, PIECE):
        stop = min(start + PIECE, n_elements)
        flat[start:stop] = tensor.part(start, stop).double() / scale
    return flat


def measure(values: "torch.Tensor", folding: Folding, name: str, options: Options) -> Figures:
    """The ladder of decompositions of finite values, not all 0, of the folding's shape and of ordinary size."""
    from precisionlab.structure.cp.ladder import climb, smallest  # noqa: PLC0415 - torch, as above
    from precisionlab.structure.cp.models import largest_rank  # noqa: PLC0415
    from precisionlab.structure.cp.projection import projected  # noqa: PLC0415
    from precisionlab.structure.cp.trees import tree_of  # noqa: PLC0415
    from precisionlab.structure.nulls import generator as random_of  # noqa: PLC0415

    tensor = values.reshape(folding.shape)
    most, part = largest_rank(folding.shape), part_of(tensor, name, options)
    tree = tree_of(tensor)
    whole = tree.squared_norm
    if tensor.numel() > DIRECT and max(folding.shape) > options.core:
        tree = tree_of(projected(tensor, options.core, seed_of(options.seed, "projection", name)))
    captured = min(1.0, tree.squared_norm / whole)
    random, limits = random_of(seed_of(options.seed, "cp", name)), limits_of(options)
    fits = climb(tree, [min(rank, most) for rank in options.ladder], limits, random)
    left = options.error**2 - (1 - captured)
    reached = smallest(tree, fits, math.sqrt(left / captured), limits, random) if left > 0 else None
    return Figures(
        folding,
        tuple(rung_of(one, captured, whole) for one in fits),
        most,
        rung_of(reached, captured, whole) if reached else None,
        captured,
        tuple(part.shape),
        beside(part, name, options),
    )


def limits_of(options: Options) -> "Limits":
    """How hard the tensor itself is tried."""
    from precisionlab.structure.cp.fitting import Limits  # noqa: PLC0415 - torch, as above

    return Limits(options.starts, options.sweeps, options.tolerance)


def rung_of(fit: "Fit", captured: float, squared_norm: float) -> Rung:
    """A fit of a tensor that is seen on directions which hold `captured` of its squared norm."""
    error = math.sqrt(max(0.0, 1 - captured) + captured * fit.error**2)
    ratio = float(fit.model.weights.sum()) / math.sqrt(squared_norm)
    return Rung(fit.rank, error, ratio, fit.model.least_congruence(), fit.sweeps, fit.has_converged)


def part_of(tensor: "torch.Tensor", name: str, options: Options) -> "torch.Tensor":
    """Some indices of each axis, in order: all of a small tensor."""
    import torch  # noqa: PLC0415 - as above

    random = generator(options.seed, "part", name)
    for axis, n in enumerate(tensor.shape):
        if n > options.sample:
            chosen = np.sort(random.choice(n, options.sample, replace=False))
            tensor = tensor.index_select(axis, torch.from_numpy(chosen).to(tensor.device))
    return tensor.double().contiguous()


def beside(part: "torch.Tensor", name: str, options: Options) -> "Mapping[int, Mapping[Null, Comparison]]":
    """Errors of a part beside those of random tensors of its size, all from one start; nothing of constant parts."""
    from precisionlab.structure.cp.models import largest_rank  # noqa: PLC0415 - torch, as above
    from precisionlab.structure.nulls import Null, beside_nulls  # noqa: PLC0415

    if not options.nulls or bool((part == part.flatten()[0]).all()):
        return {}
    shape, seed = tuple(part.shape), seed_of(options.seed, "nulls", name)
    ranks = [rank for rank in options.ladder if rank <= largest_rank(shape)]

    def errors(matrix: "torch.Tensor") -> Mapping[str, float]:
        return sampled_errors(matrix.reshape(shape), ranks, seed, options)

    nulls = [Null(one) for one in options.nulls]
    compared = beside_nulls(part.reshape(shape[0], -1), errors, nulls, options.draws, seed)
    return {int(rank): those for rank, those in compared.items()}


def sampled_errors(part: "torch.Tensor", ranks: Sequence[int], seed: int, options: Options) -> Mapping[str, float]:
    """The errors of a tensor by rank, as texts, from one start."""
    from precisionlab.structure.cp.fitting import Limits  # noqa: PLC0415 - torch, as above
    from precisionlab.structure.cp.ladder import climb  # noqa: PLC0415
    from precisionlab.structure.cp.trees import tree_of  # noqa: PLC0415
    from precisionlab.structure.nulls import generator as random_of  # noqa: PLC0415

    tree = tree_of(part)
    if tree.squared_norm == 0:
        return dict.fromkeys(map(str, ranks), math.nan)
    limits = Limits(1, min(options.sweeps, RANDOM_SWEEPS), max(options.tolerance, RANDOM_TOLERANCE))
    return {str(one.rank): one.error for one in climb(tree, ranks, limits, random_of(seed))}


def measurements(figures: Figures, options: Options, **labels: str) -> Iterator[Measurement]:
    """The figures as named numbers, all with these labels."""
    for rung in figures.rungs:
        at = {"rank": str(rung.rank), **labels}
        yield Measurement(metric("error", "1", **at), rung.error)
        yield Measurement(metric("parameters", "share", **at), parameters(figures.folding.shape, rung.rank))
        adds = multiply_adds(figures.folding, rung.rank)
        if not math.isnan(adds):
            yield Measurement(metric("multiply_adds", "share", **at), adds)
        yield Measurement(metric("weight_ratio", "1", **at), rung.weight_ratio)
        yield Measurement(metric("least_congruence", "1", **at), rung.least_congruence)
        yield Measurement(metric("sweeps", "sweeps", **at), rung.sweeps)
        yield Measurement(metric("converged", "", **at), rung.has_converged)
    yield Measurement(metric("largest_rank", "components", **labels), figures.largest_rank)
    yield Measurement(metric("captured_energy", "share", **labels), figures.captured_energy)
    if figures.smallest is not None:
        at = {"error": f"{options.error:g}", **labels}
        yield Measurement(metric("smallest_rank", "components", **at), figures.smallest.rank)
        yield Measurement(
            metric("smallest_parameters", "share", **at), parameters(figures.folding.shape, figures.smallest.rank)
        )
    yield from measurements_of_part(figures, **labels)


def measurements_of_part(figures: Figures, **labels: str) -> Iterator[Measurement]:
    """Errors of the part, and those of random tensors."""
    for rank, comparisons in figures.compared.items():
        at = {"rank": str(rank), **labels}
        for i, (null, one) in enumerate(comparisons.items()):
            if i == 0:
                yield Measurement(metric("sample_error", "1", **at), one.value)
            for suffix, number in (("mean", one.mean), ("sd", one.deviation), ("z", one.z)):
                if not math.isnan(number):
                    yield Measurement(metric(f"sample_error_{suffix}", "1", null=null.value, **at), number)
