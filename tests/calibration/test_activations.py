"""Second moments of what goes into layers: against numpy, for every kind of layer, and with the model unharmed."""

import sys
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from precisionlab.calibration import measure_activations
from precisionlab.errors import UsageError
from tests.calibration.conftest import convolutional, drawn, left_as_found, perceptron

LAYERS: dict[str, tuple[nn.Module, tuple[int, ...], int]] = {
    "linear": (nn.Linear(3, 2), (5, 3), 1),
    "linear of a vector": (nn.Linear(3, 2), (3,), 0),
    "linear of sequences": (nn.Linear(3, 2), (2, 7, 4, 3), 3),
    "convolution": (nn.Conv1d(3, 2, 2, stride=2), (5, 3, 8), 1),
    "images": (nn.Conv2d(3, 2, 3, padding=1), (5, 3, 4, 6), 1),
    "image": (nn.Conv2d(3, 2, 3), (3, 4, 6), 0),
    "grouped": (nn.Conv2d(6, 4, 1, groups=2), (2, 6, 3, 3), 1),
    "volumes": (nn.Conv3d(2, 1, 2), (2, 2, 3, 4, 5), 1),
}


def moments(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """E[x^2] over all axes but one."""
    return np.asarray((values**2).mean(tuple(i for i in range(values.ndim) if i != axis)))


@pytest.mark.parametrize("piece", [1, 1 << 20])
@pytest.mark.parametrize(("layer", "shape", "axis"), LAYERS.values(), ids=LAYERS.keys())
def test_moments_are_those_that_numpy_finds(
    layer: nn.Module, shape: tuple[int, ...], axis: int, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over the positions of two batches, in one piece or many; for float32 squared in float64."""
    monkeypatch.setattr("precisionlab.calibration.activations.PIECE", piece)
    batches = [drawn(*shape, seed=seed).float() for seed in (1, 2)]
    (found,) = measure_activations(layer, batches).values()
    wanted = np.mean([moments(batch.double().numpy(), axis) for batch in batches], 0)
    assert found.dtype == torch.float32
    assert np.allclose(found.double().numpy(), wanted, rtol=2**-24, atol=0)


def test_batches_of_unequal_size_count_by_position() -> None:
    """Not the mean of means; an empty batch changes nothing."""
    inputs = drawn(10, 3)
    whole = measure_activations(nn.Linear(3, 2).double(), [inputs])
    parts = measure_activations(nn.Linear(3, 2).double(), torch.split(inputs, [1, 0, 9]))
    assert torch.allclose(whole[""], parts[""], rtol=2**-23)


def test_inputs_are_what_reaches_each_layer() -> None:
    """In evaluation mode: the convolution after normalisation, the linear layer after dropout that is off."""
    model, images = convolutional().train(), drawn(4, 2, 5, 5)
    found = measure_activations(model, [images])
    model.eval()
    assert list(found) == ["0", "3", "6"]
    for name, axis in (("0", 1), ("3", 1), ("6", 1)):
        reached = model[: int(name)](images)
        assert np.allclose(found[name], moments(reached.detach().numpy(), axis), rtol=1e-6)


def test_large_inputs_do_not_overflow() -> None:
    """Squares of float32 numbers are sums of float64; a mean beyond float32 is not what they give here."""
    found = measure_activations(nn.Linear(1, 1), [torch.tensor([[1e19]] + [[0.0]] * 99)])
    assert found[""].item() == pytest.approx(1e36)


def test_the_error_of_a_layer_is_predicted_for_independent_channels() -> None:
    """E|Ex|^2 = sum_j E[x_j^2] sum_i E_ij^2, over all signs of x, whose channels are then uncorrelated."""
    magnitudes, error = torch.tensor([0.5, 2.0, 3.0]), drawn(4, 3)
    inputs = torch.tensor([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)]) * magnitudes
    moment = measure_activations(nn.Linear(3, 4), [inputs])[""].double()
    assert torch.allclose((moment * error.square()).sum(), (inputs.double() @ error.T).square().sum(1).mean())


class Conv1D(nn.Module):
    """As in transformers: a linear layer whose weight is [inputs, outputs], called with `x`."""

    def __init__(self, nf: int, nx: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(nx, nf))

    def forward(self, x: Tensor) -> Tensor:
        """Times the weight from the right."""
        return x @ self.weight


def test_transposed_linear_layers_of_transformers_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """One moment for each row of their weight; where transformers is not imported, no class is one of its own."""
    model, inputs = nn.Sequential(Conv1D(2, 3), nn.Linear(2, 2)), drawn(4, 5, 3).float()
    monkeypatch.setitem(sys.modules, "transformers.pytorch_utils", ModuleType("transformers.pytorch_utils"))
    assert list(measure_activations(model, [inputs])) == ["1"]
    monkeypatch.setattr(sys.modules["transformers.pytorch_utils"], "Conv1D", Conv1D, raising=False)
    found = measure_activations(model, [inputs])
    assert list(found) == ["0", "1"]
    assert np.allclose(found["0"], moments(inputs.double().numpy(), 2))


class Sharing(nn.Module):
    """One layer in two places, one called by keyword, one never."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.first = self.second = nn.Linear(2, 2)
        self.named = nn.Linear(2, 2)
        self.spare = nn.Linear(2, 2)

    def forward(self, inputs: Tensor) -> Tensor:
        """The shared layer twice, then the other."""
        output: Tensor = self.named(input=self.second(self.first(inputs)))
        return output


def test_shared_layers_have_all_their_names() -> None:
    """Their inputs in all places together; a layer that nothing went through is left out."""
    model, inputs = Sharing(), drawn(5, 2).float()
    found = measure_activations(model, [inputs])
    between = model.first(inputs)
    assert list(found) == ["first", "second", "named"]
    both = torch.cat([inputs, between]).detach().double().numpy()
    assert np.allclose(found["first"], moments(both, 1), rtol=1e-6)
    assert torch.equal(found["first"], found["second"])
    assert np.allclose(found["named"], moments(model.second(between).detach().double().numpy(), 1), rtol=1e-6)


def test_transformer_blocks_do_not_bypass_the_hooks() -> None:
    """Torch's fused path is for blocks without hooks; only the projection that is never called is left out."""
    block = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    assert set(measure_activations(block, [torch.ones(1, 3, 4)])) == {"linear1", "linear2"}


@pytest.mark.parametrize("make", [perceptron, convolutional])
def test_the_model_is_left_as_it_was(make: Callable[[], nn.Sequential]) -> None:
    """Modes, flags, values, running statistics, hooks, random state; hooks of the user see what they always saw."""
    model, calls = make().train(), []
    inputs = drawn(2, 4) if make is perceptron else drawn(2, 2, 5, 5)
    model[0].eval().register_forward_pre_hook(lambda _, arguments: calls.append(arguments))
    with left_as_found(model):
        measure_activations(model, [inputs])
    assert len(calls) == 1


def test_the_model_is_left_as_it_was_by_failures() -> None:
    """An input of the wrong shape in the second batch: the model's own error, and no hook stays."""
    model = perceptron()
    with left_as_found(model), pytest.raises(RuntimeError, match=r"size of tensor|shapes cannot be"):
        measure_activations(model, [drawn(2, 4), drawn(2, 5)])


class Unused(nn.Module):
    """Has a linear layer, and does without."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 2)

    def forward(self, inputs: Tensor) -> Tensor:
        """The input."""
        return inputs


BAD: dict[str, tuple[Callable[[], object], str]] = {
    "no batches": (lambda: measure_activations(nn.Linear(2, 2), []), "batches: there are none"),
    "a lone tensor": (lambda: measure_activations(nn.Linear(2, 2), torch.ones(1, 2)), "is a single Tensor"),
    "no layers": (lambda: measure_activations(nn.Embedding(2, 2), [torch.tensor(1)]), "Embedding: has no linear or"),
    "none ran": (lambda: measure_activations(Unused(), [torch.ones(1, 2)]), "Unused: ran none of its linear"),
    "no positions": (lambda: measure_activations(nn.Linear(2, 2), [torch.ones(0, 2)]), "Linear: ran none of"),
}


@pytest.mark.parametrize(("run", "problem"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_measured_is_one_line(run: Callable[[], object], problem: str) -> None:
    """Each mistake says what is wrong and what to do."""
    with pytest.raises(UsageError, match=problem) as caught:
        run()
    assert "\n" not in str(caught.value)


def test_inputs_that_are_not_finite_are_counted_by_name() -> None:
    """The first layer concerned, in the model's order, and how many there are."""
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    with left_as_found(model), pytest.raises(UsageError) as caught:
        measure_activations(model, [torch.tensor([[1.0, float("nan"), float("inf")]])])
    assert str(caught.value) == (
        "0: 2 of its 3 input channels are not finite (layers concerned: 2); "
        "run the model in float32 or bfloat16, and check the batches"
    )
