"""How much a model's output changes when a weight moves: the diagonal of the Gauss-Newton or Fisher matrix."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from precisionlab.calibration.batches import Batches
from precisionlab.calibration.outputs import float_outputs, n_samples
from precisionlab.calibration.running import evaluating, outputs
from precisionlab.calibration.seeding import generator
from precisionlab.calibration.squares import SquaredGradients
from precisionlab.errors import UsageError


def measure_sensitivity(
    model: nn.Module,
    batches: Batches,
    *,
    probes: int = 1,
    loss: Callable[[Any, Any], Tensor] | None = None,
    seed: int = 0,
) -> dict[str, Tensor]:
    r"""For each weight the mean over samples of sum_k (dy_k/dw)^2, where y are the model's outputs for a sample.

    If the weights move by small independent errors e of mean zero, the outputs of a sample change by
    E|dy|^2 = sum_w F(w) E[e_w^2] to first order in e: F is the diagonal of the Gauss-Newton matrix J'J, which is the
    Fisher information where y are the means of Gaussians of unit variance. Errors of one layer are compared with
    those of another by summing F(w) e_w^2 over each.

    J is never formed. For a vector r of independent random signs (a Rademacher probe) the gradient of <r, y> has the
    square (sum_k r_k dy_k/dw)^2, whose expectation is sum_k (dy_k/dw)^2, since E[r_k r_l] = 0 unless k = l. The same
    holds for the outputs of all samples of a batch laid end to end: each sample has signs of its own, so that the
    cross terms between samples vanish too, and one backward pass a batch and probe gives the sum over its samples. A
    probe of N outputs, J_k = dy_k/dw, has the variance 2 ((sum_k J_k^2)^2 - sum_k J_k^4): after one a single weight is
    known with a relative error of up to sqrt(2), the sum over a layer far better. It shrinks with the square root of
    probes times batches.

    A sample is one index of the first axis of the (first) output tensor: a sequence for logits of shape
    [batch, length, vocabulary], whose positions are summed over, padding included. Outputs are what the model
    returns: its tensor, or `logits` where what it returns has some, or else all floating-point tensors in the tuple,
    mapping or dataclass. The model runs in evaluation mode, without dropout and with the statistics that it has
    stored, whether its parameters are frozen or not. It is left as it was found: modes, `requires_grad`, gradients
    and torch's random state. Hooks that you registered on it or on its parameters run as ever.

    With `loss`, y is what it returns. A loss for each sample, `reduction="none"`, gives the usual empirical Fisher,
    the mean of squared gradients of single samples; from a scalar, the mean or sum over a batch, it is the squared
    gradient of that, with the batch as one sample.

    Precision: squares are computed and added in float32 in the host's memory, 4 bytes a weight; the relative error
    this causes is below (probes * batches + 4) * 2^-24, but for gradients below 1e-19, whose squares are subnormal.
    Beside the sums there is one gradient at a time.

    Args:
        model: any module; what it returns must depend on its parameters through autograd.
        batches: each is a tensor (the only argument), a tuple or list (arguments in order) or a mapping (arguments by
            name). Tensors are moved to the device of the model's first parameter. Iterated over once.
        probes: backward passes a batch. Another batch says more than another probe, at the cost of a forward pass.
        loss: from the output and the batch (on the device) to a tensor; called once a batch, in order.
        seed: of the signs, which are drawn on the CPU and thus the same on every device.

    Returns:
        float32 tensors on the CPU, shaped as the parameters, by the names of `model.named_parameters()`. A tied
        parameter comes under each of its names, as one and the same tensor: a checkpoint may use any of them. What no
        output depends on has zeros. Parameters that are not floating point (packed weights) are left out.

    Raises:
        UsageError: no batches, no samples, `probes` below 1, no floating-point parameters or some without values, no
            floating-point output that depends on them, or gradients that are not finite.

    Sources: Hutchinson, "A stochastic estimator of the trace of the influence matrix", 1989, for the signs; Bekas,
    Kokiopoulou, Saad, "An estimator for the diagonal of a matrix", 2007; LeCun, Denker, Solla, "Optimal brain damage",
    1990, for judging weights by a diagonal; Martens, "New insights and perspectives on the natural gradient method",
    2020, for Gauss-Newton, Fisher and empirical Fisher; Kirkpatrick et al., "Overcoming catastrophic forgetting in
    neural networks", 2017, for the diagonal Fisher of networks.
    """
    if probes < 1:
        raise UsageError("probes", f"is {probes}", "give at least 1")
    source = generator("signs", seed)
    samples = 0
    with evaluating(model), torch.enable_grad():
        squares = SquaredGradients(model)
        with squares.adding():
            for batch, output in outputs(model, batches):
                measured = float_outputs(output if loss is None else loss(output, batch))
                for left in reversed(range(probes)):
                    squares.project(measured, [signs(tensor, source) for tensor in measured], keep_graph=left > 0)
                squares.refuse_non_finite()
                samples += n_samples(measured)
        if not samples:
            raise UsageError("batches", "there are no samples in them", "give batches that are not empty")
        return squares.means(samples * probes)


def signs(like: Tensor, source: torch.Generator) -> Tensor:
    """+1 or -1, independent and equally likely, of the shape, dtype and device of a tensor."""
    drawn = torch.randint(2, like.shape, generator=source, dtype=torch.int8, device="cpu")
    return drawn.to(like.device, like.dtype).mul_(2).sub_(1)
