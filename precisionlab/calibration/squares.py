"""Squared gradients of all parameters, summed as backward passes produce them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.parameter import Parameter, is_lazy
from torch.utils.hooks import RemovableHandle

from precisionlab.errors import UsageError


class SquaredGradients:
    """Sums of squared gradients in float32 on the CPU, one for each floating-point parameter, tied ones once.

    Raises:
        UsageError: there are no floating-point parameters, or some that have no values or cannot have gradients.
    """

    def __init__(self, model: nn.Module) -> None:
        named = model.named_parameters(remove_duplicate=False)
        self._parameters = {name: parameter for name, parameter in named if parameter.is_floating_point()}
        if not self._parameters:
            raise UsageError(type(model).__name__, "has no floating-point parameters", "give a model before quantizing")
        for name, parameter in self._parameters.items():
            _refuse_unusable(name, parameter)
        self._sums: dict[Tensor, Tensor] = {
            parameter: torch.zeros(parameter.shape, dtype=torch.float32, device="cpu")
            for parameter in self._parameters.values()
        }

    @contextmanager
    def adding(self) -> Iterator[None]:
        """Meanwhile every parameter has gradients, which are added here and dropped as soon as each is complete."""
        found = [(parameter, parameter.requires_grad, parameter.grad) for parameter in self._sums]
        handles: list[RemovableHandle] = []
        try:
            for parameter in self._sums:
                parameter.grad = None
                parameter.requires_grad_()
                handles.append(parameter.register_post_accumulate_grad_hook(self._take))  # type: ignore[no-untyped-call] # torch's
            yield
        finally:
            for handle in handles:
                handle.remove()
            for parameter, requires_grad, grad in found:
                parameter.requires_grad_(requires_grad)
                parameter.grad = grad

    def project(self, outputs: Sequence[Tensor], probes: Sequence[Tensor], *, keep_graph: bool) -> None:
        """Add the squared gradient of the sum of <probe, output>; nothing but the parameters gets a gradient."""
        torch.autograd.backward(outputs, probes, retain_graph=keep_graph, inputs=list(self._sums))

    def refuse_non_finite(self) -> None:
        """Nothing is worth adding to a sum that is lost.

        Raises:
            UsageError: a sum is NaN or infinity: how many elements of which parameter, and of how many others.
        """
        # The total of a tensor tells at a tenth of the cost, though it may overflow where no element did.
        suspects = {name: sums for name, sums in self.sums().items() if not sums.sum().isfinite()}
        counts = {name: sums.numel() - int(sums.isfinite().sum()) for name, sums in suspects.items()}
        lost = {name: count for name, count in counts.items() if count}
        if lost:
            name, count = next(iter(lost.items()))
            problem = f"{count:,} of its {self._parameters[name].numel():,} gradients, squared, are not finite"
            raise UsageError(
                name,
                f"{problem} (parameters concerned: {len(lost):,})",
                "run the model in float32 or bfloat16, and check the batches",
            )

    def sums(self) -> dict[str, Tensor]:
        """By name; of a tied parameter under each name, the same tensor."""
        return {name: self._sums[parameter] for name, parameter in self._parameters.items()}

    def means(self, count: int) -> dict[str, Tensor]:
        """The sums, divided in place."""
        for sums in self._sums.values():
            sums.div_(count)
        return self.sums()

    def _take(self, parameter: Tensor) -> None:
        if parameter.grad is not None:
            gradient = parameter.grad.to_dense().to("cpu", torch.float32)
            self._sums[parameter].addcmul_(gradient, gradient)
            parameter.grad = None


def _refuse_unusable(name: str, parameter: Parameter) -> None:
    if is_lazy(parameter) or parameter.is_meta:
        raise UsageError(name, "has no values yet", "load the weights, or run a lazy module once, before")
    if parameter.is_inference():
        raise UsageError(name, "was made in inference mode", "load the model outside torch.inference_mode")
