"""Sums of squared derivatives: against whole Jacobians, over all signs there are, and with the model unharmed."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from precisionlab.calibration import measure_sensitivity
from precisionlab.errors import UsageError
from tests.calibration.conftest import convolutional, drawn, jacobians, left_as_found, perceptron

NETWORKS = {"perceptron": (perceptron, (4,)), "convolutional": (convolutional, (2, 5, 5))}
by_network = pytest.mark.parametrize(("make", "shape"), NETWORKS.values(), ids=NETWORKS.keys())
Make = Callable[[], nn.Module]


def close(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor], tolerance: float = 2e-6) -> bool:
    """Whether two measurements are equal but for float32's rounding."""
    assert found.keys() == wanted.keys()
    return all(torch.allclose(found[name].double(), wanted[name], rtol=tolerance, atol=0) for name in wanted)


@pytest.fixture
def _every_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    """Probes of n outputs that run through all 2^n vectors of signs, over and over."""
    probes: dict[int, Iterator[tuple[float, ...]]] = {}

    def signs(like: Tensor, _: object) -> Tensor:
        n_outputs = like.numel()
        vectors = probes.setdefault(n_outputs, itertools.cycle(itertools.product((-1.0, 1.0), repeat=n_outputs)))
        return torch.tensor(next(vectors), dtype=like.dtype).view(like.shape)

    monkeypatch.setattr("precisionlab.calibration.sensitivity.signs", signs)


@pytest.mark.usefixtures("_every_sign")
@by_network
def test_the_mean_over_all_signs_is_the_sum_of_squared_derivatives(make: Make, shape: tuple[int, ...]) -> None:
    """Over all 2^6 probes of two samples of three outputs: no term between outputs or samples is left."""
    model, inputs = make(), drawn(2, *shape)
    found = measure_sensitivity(model, [inputs], probes=64)
    wanted = {name: jacobian.square().sum(0) / 2 for name, jacobian in jacobians(model, inputs).items()}
    assert close(found, wanted, 68 * 2**-24)
    assert all(tensor.dtype == torch.float32 for tensor in found.values())


@by_network
def test_estimates_spread_as_stated(make: Make, shape: tuple[int, ...]) -> None:
    """1,000 probes are within five standard errors for every weight, and on average about one off.

    The error of one probe has the variance 2 ((sum J^2)^2 - sum J^4), from the exact Jacobian.
    """
    model, inputs = make(), drawn(2, *shape)
    found = measure_sensitivity(model, [inputs], probes=1000)
    off = []
    for name, jacobian in jacobians(model, inputs).items():
        squares = jacobian.square()
        variance = 2 * (squares.sum(0).square() - squares.square().sum(0)) / 1000
        off.append((found[name] - squares.sum(0) / 2).abs() / (variance.clamp(min=0).sqrt() / 2 + 1e-6))
    spread = torch.cat([tensor.reshape(-1) for tensor in off])
    assert spread.max() < 5
    assert 0.5 < spread.square().mean().sqrt() < 1.5


@pytest.mark.usefixtures("_every_sign")
@pytest.mark.parametrize("sizes", [(3,), (1, 2), (2, 0, 1), (1, 1, 1)], ids=str)
def test_samples_count_equally_in_batches_of_any_size(sizes: tuple[int, ...]) -> None:
    """Three samples of one output each, divided in any way: the mean of their squared derivatives."""
    torch.manual_seed(1)
    model, inputs = nn.Sequential(nn.Linear(4, 2), nn.Tanh(), nn.Linear(2, 1)).double(), drawn(3, 4)
    found = measure_sensitivity(model, torch.split(inputs, list(sizes)), probes=8)
    assert close(found, {name: jacobian.square().mean(0) for name, jacobian in jacobians(model, inputs).items()})


@pytest.mark.usefixtures("_every_sign")
def test_a_loss_for_each_sample_gives_the_empirical_fisher() -> None:
    """Over all signs of three samples: the mean of their squared gradients, each by a backward pass of its own."""
    model, inputs, labels = perceptron(), drawn(3, 4), torch.tensor([2, 0, 1])
    entropy = nn.CrossEntropyLoss(reduction="none")
    found = measure_sensitivity(model, [inputs], probes=8, loss=lambda output, _: entropy(output, labels))
    singles = [
        torch.autograd.grad(entropy(model(inputs[i : i + 1]), labels[i : i + 1]), list(model.parameters()))
        for i in range(3)
    ]
    names = [name for name, _ in model.named_parameters()]
    wanted = {name: torch.stack([s[j] for s in singles]).square().mean(0) for j, name in enumerate(names)}
    assert close(found, wanted)


def test_a_scalar_loss_is_squared_whatever_the_sign() -> None:
    """Each batch is a sample then; the loss gets the batch, and is called once for each, in order."""
    model, batches, seen = perceptron(), [drawn(3, 4, seed=5), drawn(2, 4, seed=6)], []

    def loss(output: Tensor, batch: Tensor) -> Tensor:
        seen.append(batch)
        return output.square().mean()

    found = measure_sensitivity(model, batches, loss=loss, seed=8)
    gradients = [torch.autograd.grad(model(batch).square().mean(), list(model.parameters())) for batch in batches]
    names = [name for name, _ in model.named_parameters()]
    wanted = {name: sum(g[j].square() for g in gradients) / torch.tensor(2.0) for j, name in enumerate(names)}
    assert close(found, wanted)
    assert all(one is other for one, other in zip(seen, batches, strict=True))


def test_seeds_decide() -> None:
    """The same seed gives the same bits, whatever torch's own generator stands at; another seed others."""
    model, batches = perceptron(), [drawn(8, 4)]
    torch.manual_seed(1)
    one = measure_sensitivity(model, batches, seed=4)
    torch.manual_seed(2)
    again, other = measure_sensitivity(model, batches, seed=4), measure_sensitivity(model, batches, seed=5)
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not torch.equal(one["0.weight"], other["0.weight"])


class Tied(nn.Module):
    """An embedding whose weight is the output layer's too, and a linear layer that nothing uses."""

    def __init__(self, *, is_sparse: bool = False) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.embed = nn.Embedding(6, 3, sparse=is_sparse)
        self.head = nn.Linear(3, 6, bias=False)
        self.spare = nn.Linear(2, 2)
        self.head.weight = self.embed.weight
        self.register_parameter("packed", nn.Parameter(torch.ones(3, dtype=torch.uint8), requires_grad=False))

    def forward(self, tokens: Tensor, *, scale: float = 1.0) -> object:
        """Logits for each token."""
        output: Tensor = self.head(self.embed(tokens).tanh()) * scale
        return output


def test_a_tied_parameter_has_all_its_names() -> None:
    """Its gradient is that of all its uses together; unused weights have zeros; integers are left out."""
    model = Tied()
    found = measure_sensitivity(model, [torch.tensor([1])], loss=lambda output, _: output.sum())
    assert set(found) == {"embed.weight", "head.weight", "spare.weight", "spare.bias"}
    assert found["head.weight"] is found["embed.weight"]
    (gradient,) = torch.autograd.grad(model.head(model.embed(torch.tensor([1])).tanh()).sum(), [model.embed.weight])
    assert torch.equal(found["head.weight"], gradient.square())
    assert not found["spare.weight"].any()


def test_gradients_of_embeddings_may_be_sparse() -> None:
    """A row that two positions look up has the square of the sum, not the sum of squares."""

    def measured(*, is_sparse: bool) -> dict[str, Tensor]:
        torch.manual_seed(5)
        model = nn.Sequential(nn.Embedding(6, 3, sparse=is_sparse), nn.Linear(3, 2))
        return measure_sensitivity(model, [torch.tensor([[1, 1, 4]])], loss=lambda output, _: output.square().sum())

    plain, sparse = measured(is_sparse=False), measured(is_sparse=True)
    assert plain["0.weight"][[1, 4]].all()
    assert all(torch.allclose(plain[name], sparse[name], rtol=1e-5) for name in plain)


@pytest.mark.parametrize("batch", [(torch.tensor([1, 2]),), [torch.tensor([1, 2])], {"tokens": torch.tensor([1, 2])}])
def test_batches_are_arguments_of_all_kinds(batch: tuple[Tensor] | list[Tensor] | dict[str, Tensor]) -> None:
    """A tuple and a list in order, a mapping by name: as the tensor alone. What is no tensor is passed on as it is."""
    wanted = measure_sensitivity(Tied(), [torch.tensor([1, 2])])["embed.weight"]
    assert torch.equal(measure_sensitivity(Tied(), [batch])["embed.weight"], wanted)
    twice = measure_sensitivity(Tied(), [{"tokens": torch.tensor([1, 2]), "scale": 2.0}])["embed.weight"]
    assert torch.equal(twice, 4 * wanted)


@dataclass
class Answer:
    """What a model might return."""

    hidden: Tensor
    indices: Tensor
    rest: object = None


class Answering(nn.Module):
    """A linear layer whose output comes wrapped."""

    def __init__(self, wrap: Callable[[Tensor], object]) -> None:
        super().__init__()
        torch.manual_seed(6)
        self.linear = nn.Linear(3, 1, bias=False)
        self.wrap = wrap

    def forward(self, inputs: Tensor) -> object:
        """The output, wrapped."""
        return self.wrap(self.linear(inputs))


WRAPPED: dict[str, tuple[Callable[[Tensor], object], float]] = {
    "tensor": (lambda y: y, 1),
    "tuple": (lambda y: (y, y.argmax(), None), 1),
    "nested": (lambda y: (3 * y, [{"more": y.double() * 0}]), 9),
    "mapping": (lambda y: {"last": 2 * y, "length": 3}, 4),
    "dataclass": (lambda y: Answer(2 * y, torch.tensor(1)), 4),
    "logits of a mapping": (lambda y: {"hidden": 5 * y, "logits": y}, 1),
    "constants": (lambda y: (torch.ones(7, 7), y), 1),
}


@pytest.mark.parametrize(("wrap", "factor"), WRAPPED.values(), ids=WRAPPED.keys())
def test_outputs_are_found_in_what_models_return(wrap: Callable[[Tensor], object], factor: float) -> None:
    """Of one sample with one output that enters in several places: logits alone if there are, else all floats."""
    inputs = torch.tensor([[1.0, 2.0, 3.0]])
    found = measure_sensitivity(Answering(wrap), [inputs])["linear.weight"]
    assert torch.allclose(found, factor * inputs.square())


def test_logits_of_an_object_are_taken_alone() -> None:
    """As of what Hugging Face models return, an ordered mapping with attributes, or of a dataclass."""

    @dataclass
    class Output:
        loss: Tensor
        logits: Tensor

    inputs = torch.tensor([[1.0, 2.0, 3.0]])
    found = measure_sensitivity(Answering(lambda y: Output(7 * y.sum(), y)), [inputs])["linear.weight"]
    assert torch.allclose(found, inputs.square())


@pytest.mark.parametrize("training", [False, True])
@by_network
def test_the_model_is_left_as_it_was(make: Make, shape: tuple[int, ...], *, training: bool) -> None:
    """Modes module by module, flags, gradients, values, running statistics, hooks, random state; frozen ones too."""
    model = make().train(mode=training)
    next(model.children()).train(mode=not training)
    first, *others = model.parameters()
    first.requires_grad_(False)
    others[0].grad = torch.ones_like(others[0])
    inputs = drawn(2, *shape).requires_grad_()
    with left_as_found(model), torch.no_grad():
        found = measure_sensitivity(model, [inputs])
    assert inputs.grad is None
    assert found["0.weight"].all()


def test_gradients_go_as_they_come() -> None:
    """When the first layer, the last in the backward pass, has its gradient, all others are gone already."""
    model, kept = perceptron(), []
    first, *others = model.parameters()
    hook = first.register_post_accumulate_grad_hook(lambda _: kept.append([p.grad for p in others]))  # type: ignore[no-untyped-call] # torch's
    measure_sensitivity(model, [drawn(2, 4)], probes=2)
    hook.remove()
    assert kept == [[None, None, None]] * 2


class Failing(nn.Module):
    """Draws a random number, and fails in its backward pass or, for an empty batch, in its forward pass."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 2)

    def forward(self, inputs: Tensor) -> Tensor:
        """The linear layer's output, of which no gradient comes back."""
        output: Tensor = self.linear(inputs + torch.rand(2))
        if not len(inputs):
            raise RuntimeError("forward")
        output.register_hook(fail)  # type: ignore[no-untyped-call] # torch's
        return output


def fail(gradient: Tensor) -> Tensor:
    """In the backward pass."""
    del gradient
    raise RuntimeError("backward")


@pytest.mark.parametrize(("length", "place"), [(0, "forward"), (1, "backward")])
def test_the_model_is_left_as_it_was_by_failures(length: int, place: str) -> None:
    """Whatever the model raises comes through, after everything was put back."""
    model = Failing()
    model.linear.weight.requires_grad_(False).grad = torch.ones(2, 2)
    with left_as_found(model), pytest.raises(RuntimeError, match=place):
        measure_sensitivity(model, [torch.ones(length, 2)])


def test_inference_mode_around_does_not_matter() -> None:
    """Gradients are needed here, whatever the caller has switched off."""
    model, inputs = perceptron(), drawn(2, 4)
    wanted = measure_sensitivity(model, [inputs])
    with torch.inference_mode():
        found = measure_sensitivity(model, [inputs])
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_bfloat16_models_are_summed_in_float32() -> None:
    """Squares of 2^-9 after a square of 1 would be lost in a bfloat16 sum; derivatives here are the inputs, exact."""
    model = nn.Linear(1, 1, bias=False, dtype=torch.bfloat16)
    inputs = torch.tensor([1.0] + [2.0**-5] * 63, dtype=torch.bfloat16)
    found = measure_sensitivity(model, [value.view(1, 1) for value in inputs])["weight"]
    assert found.item() == (1 + 63 * 2**-10) / 64


def _lazy() -> nn.Module:
    return nn.LazyLinear(2)


def _inference() -> nn.Module:
    with torch.inference_mode():
        return nn.Linear(2, 2)


BAD: dict[str, tuple[Callable[[], object], str]] = {
    "no batches": (lambda: measure_sensitivity(nn.Linear(2, 2), iter(())), "there are none; give at least one"),
    "a lone tensor": (lambda: measure_sensitivity(nn.Linear(2, 2), torch.ones(1, 2)), "is a single Tensor; give"),
    "a lone mapping": (lambda: measure_sensitivity(nn.Linear(2, 2), {"input": torch.ones(1, 2)}), "is a single dict"),
    "a number": (lambda: measure_sensitivity(nn.Linear(2, 2), [1.0]), "one is a float; give tensors"),  # type: ignore[list-item] # the point
    "no samples": (lambda: measure_sensitivity(nn.Linear(2, 2), [torch.ones(0, 2)]), "no samples in them"),
    "no probes": (lambda: measure_sensitivity(nn.Linear(2, 2), [torch.ones(1, 2)], probes=0), "probes: is 0"),
    "no parameters": (lambda: measure_sensitivity(nn.ReLU(), [torch.ones(1, 2)]), "ReLU: has no floating-point param"),
    "meta": (lambda: measure_sensitivity(nn.Linear(2, 2, device="meta"), [torch.ones(1, 2)]), "weight: has no values"),
    "lazy": (lambda: measure_sensitivity(_lazy(), [torch.ones(1, 2)]), "weight: has no values yet; load"),
    "inference": (lambda: measure_sensitivity(_inference(), [torch.ones(1, 2)]), "weight: was made in inference mode"),
    "no floats": (
        lambda: measure_sensitivity(Answering(lambda y: {"best": y.argmax()}), [torch.ones(1, 3)]),
        "no floating-point tensor in the dict; wrap",
    ),
    "detached": (
        lambda: measure_sensitivity(Answering(lambda y: y.detach()), [torch.ones(1, 3)]),
        "no gradient leads from it to the parameters; take no_grad",
    ),
}


@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")
@pytest.mark.parametrize(("run", "problem"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_measured_is_one_line(run: Callable[[], object], problem: str) -> None:
    """Each mistake says what is wrong and what to do."""
    with pytest.raises(UsageError, match=problem) as caught:
        run()
    assert "\n" not in str(caught.value)


def test_gradients_that_are_not_finite_are_counted_by_name() -> None:
    """The first parameter concerned, in the model's order, with its count, to which a square beyond float32 belongs; biases have none."""
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(3, 1), nn.Linear(1, 1))
    with left_as_found(model), pytest.raises(UsageError) as caught:
        measure_sensitivity(model, [torch.ones(1, 3), torch.tensor([[1, float("nan"), 1e30]])])
    assert str(caught.value) == (
        "0.weight: 2 of its 3 gradients, squared, are not finite (parameters concerned: 2); "
        "run the model in float32 or bfloat16, and check the batches"
    )
