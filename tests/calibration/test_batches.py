"""Random batches: their shapes and ranges, repeatable, unrelated to each other and to weights."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from precisionlab.calibration import random_inputs, random_tokens
from precisionlab.errors import UsageError


class Language(nn.Module):
    """Tells its input embedding as Hugging Face models do."""

    def __init__(self, embedding: object) -> None:
        super().__init__()
        self.embedding = embedding

    def get_input_embeddings(self) -> object:
        """Where tokens become vectors."""
        return self.embedding


def test_tokens_are_uniform_over_the_vocabulary() -> None:
    """A chi-squared test over 6,400 draws of 10 tokens does not reject it; the model tells the same as the number."""
    batches = random_tokens(10, 2, batch=16, length=200, seed=1)
    assert [(tuple(batch.shape), batch.dtype) for batch in batches] == [((16, 200), torch.int64)] * 2
    counts = torch.bincount(torch.cat(batches).reshape(-1), minlength=10)
    assert len(counts) == 10
    assert stats.chisquare(counts.numpy()).pvalue > 1e-3
    told = random_tokens(Language(nn.Embedding(10, 3)), 2, batch=16, length=200, seed=1)
    assert all(torch.equal(one, other) for one, other in zip(batches, told, strict=True))


def test_inputs_are_standard_normal() -> None:
    """A Kolmogorov-Smirnov test over 6,000 draws does not reject it; float16 is the same, rounded."""
    batches = random_inputs((10, 3, 10, 10), 2, seed=2)
    assert [(tuple(batch.shape), batch.dtype) for batch in batches] == [((10, 3, 10, 10), torch.float32)] * 2
    assert stats.kstest(torch.cat(batches).reshape(-1).numpy(), "norm").pvalue > 1e-3
    half = random_inputs((10, 3, 10, 10), 2, dtype=torch.float16, seed=2)
    assert all(torch.equal(one.half(), other) for one, other in zip(batches, half, strict=True))


def test_seeds_decide_and_torch_is_left_alone() -> None:
    """The same seed, the same numbers; another seed, others; torch's own generator stays where it was."""
    before = torch.get_rng_state()
    (inputs, other), again = (
        (random_inputs((4,), 1, seed=seed)[0] for seed in (3, 4)),
        random_inputs((4,), 1, seed=3)[0],
    )
    assert torch.equal(inputs, again)
    assert not torch.equal(inputs, other)
    (tokens, others), same = (random_tokens(99, 1, seed=seed)[0] for seed in (3, 4)), random_tokens(99, 1, seed=3)[0]
    assert torch.equal(tokens, same)
    assert not torch.equal(tokens, others)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("seed", [0, 1, 42])
def test_inputs_do_not_resemble_weights_of_the_same_seed(seed: int) -> None:
    """Drawn from the stream of `torch.manual_seed`, they would be the first numbers that initialise a model."""
    torch.manual_seed(seed)
    weights = torch.randn(64, 64)
    inputs = random_inputs((64, 64), 1, seed=seed)[0]
    assert abs(np.corrcoef(weights.reshape(-1), inputs.reshape(-1))[0, 1]) < 5 / 64


BAD: dict[str, tuple[Callable[[], object], str]] = {
    "no vocabulary": (lambda: random_tokens(nn.Linear(2, 2)), "Linear: does not tell the size of its vocabulary; give"),
    "no embedding": (lambda: random_tokens(Language(None)), "Language: does not tell"),
    "empty vocabulary": (lambda: random_tokens(0), "vocabulary size: is 0; give at least 1"),
    "no batches": (lambda: random_tokens(5, 0), "n_batches: is 0"),
    "no length": (lambda: random_tokens(5, 1, length=0), "length: is 0"),
    "no samples": (lambda: random_inputs((0, 3)), "axis 0 of the shape: is 0"),
}


@pytest.mark.parametrize(("run", "problem"), BAD.values(), ids=BAD.keys())
def test_nothing_is_drawn_from_nothing(run: Callable[[], object], problem: str) -> None:
    """What is missing is named."""
    with pytest.raises(UsageError, match=problem):
        run()
