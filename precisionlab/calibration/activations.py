"""How large the inputs of each layer are, channel by channel."""

import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from precisionlab.calibration.batches import Batches
from precisionlab.calibration.running import evaluating, outputs
from precisionlab.errors import UsageError

PIECE = 1 << 20
"""Elements that are squared in float64 at a time: 8 MiB."""

CHANNEL_AXES: Mapping[type[nn.Module], int] = {nn.Linear: -1, nn.Conv1d: -2, nn.Conv2d: -3, nn.Conv3d: -4}
"""Where the input channels are, from the end: batch axes may be missing, or be several."""


def measure_activations(model: nn.Module, batches: Batches) -> dict[str, Tensor]:
    """For each linear or convolution layer the second moment E[x_j^2] of its input, one for each input channel j.

    If the weight of y = Wx is off by E, the output is off by E x, and if the channels are uncorrelated,
    E|E x|^2 = sum_j E[x_j^2] sum_i E_ij^2: the error of column j counts with the moment of channel j. In general
    E|E x|^2 = tr(E C E') with C = E[x x']; the moments are the diagonal of C, and what correlation adds is left out.
    For a convolution the same holds at each output position away from the border, with sum_i over output channels
    and taps, if taps are uncorrelated too.

    The mean is over all positions: rows of a batch, tokens of a sequence (padding included), pixels of an image
    (zero padding of a convolution left out). Squares and sums are float64, in which squares of float32 do not
    overflow, and the result is rounded once to float32.

    Layers are `nn.Linear`, `nn.Conv1d`, `nn.Conv2d`, `nn.Conv3d`, their subclasses, and `Conv1D` of Hugging Face
    transformers, which is a linear layer with its weight stored transposed, [inputs, outputs]: the moments belong to
    the rows of that weight, where those of the others belong to axis 1. A grouped convolution of g groups has
    moments of all its input channels; channel j meets weight[:, j % n] of group j // n, n = channels / g. The model
    runs in evaluation mode, without gradients, and is left as it was found.

    Args:
        model: any module.
        batches: as for `measure_sensitivity`; iterated over once.

    Returns:
        float32 tensors of shape [input channels] on the CPU, by the layer's path in the model, e.g.
        `model.layers.0.mlp.up_proj`; a layer used in several places comes under each of its paths. Left out are layers
        that nothing went through: experts that got no token, and those whose weight is used without calling them
        (`out_proj` of `nn.MultiheadAttention`).

    Raises:
        UsageError: no batches, no such layers or none that ran, or inputs that are not finite.
    """
    layers = {name: module for name, module in model.named_modules(remove_duplicate=False) if _axis(module) is not None}
    if not layers:
        raise UsageError(type(model).__name__, "has no linear or convolution layers", "there is nothing to calibrate")
    moments = {module: Moments() for module in layers.values()}
    with evaluating(model), torch.no_grad(), _observing(moments):
        for _ in outputs(model, batches):
            _refuse_non_finite({name: moments[module] for name, module in layers.items()})
    measured = {name: moments[module].means() for name, module in layers.items() if moments[module].n_positions}
    if not measured:
        raise UsageError(type(model).__name__, "ran none of its linear or convolution layers", "give other batches")
    return measured


class Moments:
    """Squares of the inputs of one layer, summed by channel."""

    def __init__(self) -> None:
        self.sums = torch.zeros((), dtype=torch.float64, device="cpu")
        self.n_positions = 0

    def add(self, inputs: Tensor, axis: int) -> None:
        """Count in what goes into the layer, whose channels are along an axis, numbered from the end."""
        before, n_channels, after = inputs.shape[:axis], inputs.shape[axis], inputs.shape[inputs.ndim + axis + 1 :]
        planes = inputs.reshape(math.prod(before), n_channels, math.prod(after))
        for piece in torch.split(planes, max(1, PIECE // max(1, n_channels * planes.shape[2]))):
            self.sums = self.sums + piece.to(torch.float64).square().sum((0, 2)).cpu()
        self.n_positions += planes.shape[0] * planes.shape[2]

    def means(self) -> Tensor:
        """E[x_j^2] in float32."""
        return (self.sums / self.n_positions).to(torch.float32)


@contextmanager
def _observing(moments: Mapping[nn.Module, Moments]) -> Iterator[None]:
    def observe(module: nn.Module, arguments: tuple[object, ...], named: dict[str, object]) -> None:
        inputs = next(iter((*arguments, *named.values())), None)
        axis = _axis(module)
        if isinstance(inputs, Tensor) and axis is not None:
            moments[module].add(inputs, axis)

    handles: list[RemovableHandle] = []
    try:
        handles.extend(module.register_forward_pre_hook(observe, with_kwargs=True) for module in moments)
        yield
    finally:
        for handle in handles:
            handle.remove()


def _axis(module: nn.Module) -> int | None:
    """Where the channels of a layer's input are; None for what is no such layer."""
    known = next((axis for kind, axis in CHANNEL_AXES.items() if isinstance(module, kind)), None)
    return -1 if known is None and _is_transposed_linear(module) else known


def _is_transposed_linear(module: nn.Module) -> bool:
    """Whether it is the `Conv1D` of transformers, which are looked at only if the user has imported them."""
    kind = getattr(sys.modules.get("transformers.pytorch_utils"), "Conv1D", None)
    return kind is not None and isinstance(module, kind)


def _refuse_non_finite(moments: Mapping[str, Moments]) -> None:
    counts = {name: int((~layer.sums.isfinite()).sum()) for name, layer in moments.items()}
    lost = {name: count for name, count in counts.items() if count}
    if lost:
        name, count = next(iter(lost.items()))
        problem = f"{count:,} of its {moments[name].sums.numel():,} input channels are not finite"
        raise UsageError(
            name,
            f"{problem} (layers concerned: {len(lost):,})",
            "run the model in float32 or bfloat16, and check the batches",
        )
