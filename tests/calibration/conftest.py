"""Small networks in float64, and what is to be found unchanged in a model."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, jacrev


@pytest.fixture(autouse=True)
def _one_thread(one_thread: None) -> None:
    """For all of the folder."""


def perceptron() -> nn.Sequential:
    """Two linear layers around a tanh: 4 inputs, 3 outputs."""
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3)).double()


def convolutional() -> nn.Sequential:
    """A plain and a grouped convolution, batch normalisation, dropout: images of 2 channels and 5x5, 3 outputs."""
    torch.manual_seed(2)
    layers = [nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.GELU(), nn.Conv2d(4, 2, 3, groups=2)]
    return nn.Sequential(*layers, nn.Dropout(0.5), nn.Flatten(), nn.Linear(18, 3)).double()


def drawn(*shape: int, seed: int = 3) -> Tensor:
    """Standard normal float64."""
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def jacobians(model: nn.Module, inputs: Tensor) -> dict[str, Tensor]:
    """dy/dw of all outputs for all inputs laid end to end, [outputs, *shape of w], by forward code and torch.func."""
    modes = [module.training for module in model.modules()]
    model.eval()

    def flat(parameters: Mapping[str, Tensor]) -> Tensor:
        output = functional_call(model, dict(parameters), (inputs,))
        assert isinstance(output, Tensor)
        return output.reshape(-1)

    found = jacrev(flat)({name: parameter.detach() for name, parameter in model.named_parameters()})
    for module, training in zip(model.modules(), modes, strict=True):
        module.training = training
    assert isinstance(found, dict)
    return found


@contextmanager
def left_as_found(model: nn.Module) -> Iterator[None]:
    """Modes, flags, gradients, values, buffers, hooks and random state before the block are those after it."""
    before, numbers = _state(model), _numbers(model)
    yield
    assert _state(model) == before
    assert all(torch.equal(one, other) for one, other in zip(_numbers(model), numbers, strict=True))


def _state(model: nn.Module) -> list[object]:
    modules = [
        (module.training, len(module._forward_hooks), len(module._forward_pre_hooks)) for module in model.modules()
    ]
    parameters = [
        (id(p), p.dtype, p.requires_grad, id(p.grad), len(p._post_accumulate_grad_hooks or ()))
        for p in model.parameters()
    ]
    return [*modules, *parameters]


def _numbers(model: nn.Module) -> list[Tensor]:
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    return [tensor.detach().clone() for tensor in (*model.state_dict().values(), *gradients, torch.get_rng_state())]
