"""What the sensitivity is for: which layer's quantization changes the outputs most, said without quantizing any."""

import math
from itertools import pairwise

import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor, nn

from precisionlab import fake_quantize
from precisionlab.calibration import measure_sensitivity, random_inputs

WIDTHS = (32, 64, 64, 64, 64, 64, 32)


def trained(seed: int, activation: type[nn.Module]) -> nn.Sequential:
    """Six linear layers after 150 steps of Adam on sin(Tx), T random."""
    torch.manual_seed(seed)
    layers = [layer for pair in pairwise(WIDTHS) for layer in (nn.Linear(*pair), activation())]
    model, target = nn.Sequential(*layers[:-1]), torch.randn(WIDTHS[0], WIDTHS[-1])
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(150):
        inputs = torch.randn(128, WIDTHS[0])
        optimizer.zero_grad()
        torch.autograd.backward(nn.functional.mse_loss(model(inputs), torch.sin(inputs @ target)))
        optimizer.step()
    return model.requires_grad_(False)


def weights(model: nn.Module) -> dict[str, nn.Parameter]:
    """The matrices."""
    return {name: parameter for name, parameter in model.named_parameters() if parameter.ndim == 2}


def damage(model: nn.Module, weight: nn.Parameter, error: Tensor, inputs: Tensor) -> float:
    """E|f(x) - f'(x)|^2, where f' has the error added to one weight."""
    wanted, exact = model(inputs), weight.clone()
    weight.add_(error)
    change = model(inputs) - wanted
    weight.copy_(exact)
    return float(change.square().sum(-1).mean())


@pytest.mark.parametrize("activation", [nn.Tanh, nn.GELU])
def test_layers_are_ranked_by_the_damage_of_their_quantization(activation: type[nn.Module]) -> None:
    """Rank correlation of sum F e^2 with the damage above 0.9, mean of six networks, each layer in int4_g32 alone.

    F from four batches of 64 random inputs, the damage on 512 others. The relative error of the weights, 0.07 to
    0.08 in all layers, ranks them no better than chance or worse.
    """
    correlations, baselines = [], []
    for seed in range(6):
        model = trained(seed, activation)
        fisher = measure_sensitivity(model, random_inputs((64, WIDTHS[0]), 4, seed=seed))
        inputs = random_inputs((512, WIDTHS[0]), 1, seed=100 + seed)[0]
        errors = {name: fake_quantize(weight, "int4_g32") - weight for name, weight in weights(model).items()}
        damages = [damage(model, weight, errors[name], inputs) for name, weight in weights(model).items()]
        estimates = [(fisher[name] * error.square()).sum().item() for name, error in errors.items()]
        relative = [(error.norm() / weights(model)[name].norm()).item() for name, error in errors.items()]
        correlations.append(spearmanr(estimates, damages).statistic)
        baselines.append(spearmanr(relative, damages).statistic)
    assert sum(correlations) / 6 > 0.9
    assert sum(baselines) / 6 < 0.6


def test_the_estimate_is_the_expected_damage() -> None:
    """Over random signs of each weight's error, whose mean is what the diagonal stands for; within five of its errors."""
    model = trained(0, nn.Tanh)
    inputs = random_inputs((256, WIDTHS[0]), 1, seed=9)[0]
    fisher = measure_sensitivity(model, [inputs], probes=64)
    for name, weight in weights(model).items():
        error = 0.1 * (fake_quantize(weight, "int4_g32") - weight)  # small enough for first order
        flips = [torch.randint(2, error.shape) * 2 - 1 for _ in range(50)]
        damages = torch.tensor([damage(model, weight, error * flip, inputs) for flip in flips])
        estimate = (fisher[name] * error.square()).sum()
        assert abs(damages.mean() - estimate) < 5 * math.hypot(damages.std() / 50**0.5, 0.02 * estimate)
