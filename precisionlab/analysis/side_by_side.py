"""Several tensors of one shape, their numbers side by side."""

from collections.abc import Iterator, Sequence

from precisionlab.analysis.cast_losses import Floats, values_of
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.worst import slices_of
from precisionlab.checkpoints.model import TensorInfo


def why_apart(infos: Sequence[TensorInfo]) -> str:
    """Why numbers of some tensors are not computed with side by side; empty where they are.

    They are signed floats, of one shape but for axes of one index.
    """
    first, *others = infos
    for one in infos:
        if obstacle := LAYOUTS[one.dtype].obstacle:
            return obstacle if one is first else f"in another checkpoint {obstacle}"
    different = next((one.shape for one in others if squeezed(one.shape) != squeezed(first.shape)), None)
    return "" if different is None else f"its shape is {list(first.shape)}, and {list(different)} in another checkpoint"


def squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without axes of one index."""
    return tuple(side for side in shape if side != 1)


def stretches(tensors: Sequence[Tensor]) -> Iterator[tuple[Floats, ...]]:
    """The numbers of float tensors that stand side by side in order, a few at a time: an array each, all of one length, exact in float64.

    Raises:
        CheckpointError: the bytes cannot be read.
    """
    formats = [LAYOUTS[tensor.info.dtype].format for tensor in tensors]
    for pieces in zip(*map(slices_of, tensors), strict=True):
        yield tuple(values_of(codes, format_) for (_, codes), format_ in zip(pieces, formats, strict=True))
