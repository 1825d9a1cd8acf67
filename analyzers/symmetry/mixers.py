"""How near a channel mixer, the matrix of a layer, is to equivariant and to orthogonal maps."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzers.symmetry.families import Family, Shape, Sums, residual
from analyzers.symmetry.naming import Beside
from analyzers.symmetry.options import Options
from analyzers.symmetry.orthogonality import ORTHOGONAL
from analyzers.symmetry.passes import Read, read
from precisionlab.analysis.axes import Axis, axes_of
from precisionlab.analysis.results import Measurement, metric
from precisionlab.analysis.seeding import generator, seed_of
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.weights import matrix_of, rows, shape_of
from precisionlab.checkpoints.model import TensorInfo

if TYPE_CHECKING:
    import torch

    from precisionlab.structure.nulls import Comparison, Null


@dataclass(frozen=True, slots=True)
class Mixer:
    """All that is known of one matrix."""

    read: Read
    """Of the whole matrix."""
    block: tuple[int, int]
    """The shape of the part that is compared with random matrices."""
    block_shares: Mapping[str, float]
    beside: tuple[Beside, ...]

    @property
    def sums(self) -> Sums:
        """From which the shares follow."""
        return self.read.sums

    @property
    def is_whole(self) -> bool:
        """Whether the compared part is all of the matrix."""
        return self.block == (self.sums.shape.n_rows, self.sums.shape.n_columns)

    def residual(self, family: Family) -> float:
        """The relative distance from a family: 0 where the matrix belongs to it, number for number."""
        return 0.0 if family in self.read.exact else residual(self.sums.shares()[family])


def is_mixer(info: TensorInfo) -> bool:
    """Whether a tensor is one matrix of two sides of at least 2, and no kernels of several taps."""
    kinds = axes_of(info)
    return Axis.TAPS not in kinds and Axis.LAYERS not in kinds and min(shape_of(info)) > 1


def measured_mixer(tensor: Tensor, scale: float, options: Options) -> Mixer:
    """Everything there is to know of a matrix that is not all 0."""
    n_rows, n_columns = shape_of(tensor.info)
    is_held = tensor.hold()
    matrix = matrix_of(tensor, scale)
    whole = read(Shape(n_rows, n_columns, options.blocks), matrix.rows, matrix.columns if is_held else None)
    part = block_of(tensor, scale, options)
    own, beside = compared_block(part, tensor.info.name, options)
    return Mixer(whole, (part.shape[0], part.shape[1]), own, beside)


def block_of(tensor: Tensor, scale: float, options: Options) -> "torch.Tensor":
    """A contiguous part of the same ratio of sides [rows, columns] in float64, drawn at random; all where it is small.

    Of square matrices it lies on the diagonal, so that parts of symmetric and Toeplitz ones are such.
    """
    n_rows, n_columns = shape_of(tensor.info)
    shrink = min(1.0, math.sqrt(options.max_drawn / (n_rows * n_columns)))
    height, width = (max(2, min(side, round(side * shrink))) for side in (n_rows, n_columns))
    random = generator(options.seed, "symmetry", "block", tensor.info.name)
    top = int(random.integers(n_rows - height + 1))
    left = top if n_rows == n_columns else int(random.integers(n_columns - width + 1))
    return rows(tensor, top, top + height)[:, left : left + width].double() / scale


def compared_block(part: "torch.Tensor", name: str, options: Options) -> tuple[Mapping[str, float], tuple[Beside, ...]]:
    """Shares of a part of the matrix by family, and beside those of random matrices."""
    from precisionlab.structure.nulls import Null, beside_nulls  # noqa: PLC0415 - torch, loaded by then

    if not part.any():
        return {}, ()

    def figures(matrix: "torch.Tensor") -> Mapping[str, float]:
        return figures_of(matrix, options)

    nulls = tuple(dict.fromkeys(map(Null, options.nulls)))
    seed = seed_of(options.seed, "symmetry", "nulls", name)
    own = figures(part)
    compared = beside_nulls(part, figures, nulls, options.draws, seed) if nulls else {}
    return own, tuple(named(family, one) for family, one in compared.items())


def named(family: str, compared: "Mapping[Null, Comparison]") -> Beside:
    """A comparison under the name of its measurement."""
    return Beside("block_closeness", "family", family, "share", compared)


def figures_of(matrix: "torch.Tensor", options: Options) -> Mapping[str, float]:
    """The share of the energy of a matrix [m, n] in memory that each family holds; of scaled orthogonal maps too."""
    from precisionlab.structure.matrices import matrix_at_hand  # noqa: PLC0415 - torch, loaded by then
    from precisionlab.structure.singular import singular_values  # noqa: PLC0415 - as above

    whole = matrix_at_hand(matrix)
    shape = Shape(matrix.shape[0], matrix.shape[1], options.blocks)
    shares = {family.value: share for family, share in read(shape, whole.rows, whole.columns).sums.shares().items()}
    values = singular_values(whole)
    return {**shares, ORTHOGONAL: float(values.mean().square() / values.square().mean())}


def measurements(mixer: Mixer) -> Iterator[Measurement]:
    """The figures of a matrix as named numbers."""
    shape = mixer.sums.shape
    for family, share in mixer.sums.shares().items():
        yield Measurement(metric("closeness", "share", family=family.value), share)
        yield Measurement(metric("expected_closeness", "share", family=family.value), shape.white_share(family))
        yield Measurement(metric("closeness_z", "1", family=family.value, null="white"), white_z(mixer, family, share))
        yield Measurement(metric("residual", "1", family=family.value), mixer.residual(family))
    yield Measurement(metric("block_rows", "rows"), mixer.block[0])
    yield Measurement(metric("block_columns", "columns"), mixer.block[1])
    for name, share in mixer.block_shares.items():
        yield Measurement(metric("block_closeness", "share", family=name), share)
    for beside in mixer.beside:
        yield from beside.measurements()


def white_z(mixer: Mixer, family: Family, share: float) -> float:
    """How many standard deviations of white noise the share lies from its mean; of the whole matrix, without drawing."""
    shape = mixer.sums.shape
    return (share - shape.white_share(family)) / shape.white_deviation(family)
