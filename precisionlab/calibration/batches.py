"""Batches to run a model on: what they may be, and random ones for those who have none."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import torch
from torch import Tensor, nn

from precisionlab.calibration.seeding import generator
from precisionlab.errors import UsageError

Batch: TypeAlias = Tensor | Sequence[object] | Mapping[str, object]
"""What one call of a model takes: its only argument, its arguments in order, or its arguments by name."""

Batches: TypeAlias = Iterable[Batch]


def random_tokens(
    model_or_vocab_size: nn.Module | int, n_batches: int = 4, *, batch: int = 4, length: int = 128, seed: int = 0
) -> list[Tensor]:
    """Token numbers, uniform over the vocabulary: int64 tensors of shape [batch, length], the same for the same seed.

    Args:
        model_or_vocab_size: how many tokens there are, or a Hugging Face model, whose input embedding tells.
        n_batches: how many tensors.
        batch: sequences in each.
        length: tokens of each sequence.
        seed: of the draw, which does not depend on the device.

    Raises:
        UsageError: the model does not tell its vocabulary, or a number is below 1.
    """
    vocab_size = _vocab_size(model_or_vocab_size)
    _refuse_none({"vocabulary size": vocab_size, "n_batches": n_batches, "batch": batch, "length": length})
    source = generator("tokens", seed)
    return [
        torch.randint(vocab_size, (batch, length), generator=source, device="cpu", dtype=torch.int64)
        for _ in range(n_batches)
    ]


def random_inputs(
    shape: Sequence[int], n_batches: int = 4, *, dtype: torch.dtype = torch.float32, seed: int = 0
) -> list[Tensor]:
    """Standard normal inputs of a shape, whose first axis counts the samples; the same for the same seed.

    Raises:
        UsageError: a number is below 1.
    """
    _refuse_none({"n_batches": n_batches, **{f"axis {axis} of the shape": size for axis, size in enumerate(shape)}})
    source = generator("inputs", seed)
    drawn = (torch.randn(tuple(shape), generator=source, device="cpu", dtype=torch.float32) for _ in range(n_batches))
    return [values.to(dtype) for values in drawn]


def refuse_one(batches: Batches) -> None:
    """A lone tensor would be taken apart into its rows, and a mapping into its names.

    Raises:
        UsageError: what should be several batches is one.
    """
    if isinstance(batches, Tensor | Mapping):
        raise UsageError("batches", f"is a single {type(batches).__name__}", "give a list, [batch], even of one")


def on_device(batch: Batch, device: torch.device) -> Batch:
    """The batch with its tensors there; other arguments as they are.

    Raises:
        UsageError: it is no tensor, tuple, list or mapping.
    """
    if isinstance(batch, Tensor):
        return batch.to(device)
    if isinstance(batch, Mapping):
        return {name: _moved(value, device) for name, value in batch.items()}
    if isinstance(batch, tuple | list):
        return tuple(_moved(value, device) for value in batch)
    raise UsageError("batches", f"one is a {type(batch).__name__}", "give tensors, tuples of arguments or mappings")


def call(model: nn.Module, batch: Batch) -> object:
    """What the model returns for a batch."""
    if isinstance(batch, Tensor):
        return model(batch)
    return model(**batch) if isinstance(batch, Mapping) else model(*batch)


def _moved(value: object, device: torch.device) -> object:
    return value.to(device) if isinstance(value, Tensor) else value


def _vocab_size(source: nn.Module | int) -> int:
    if isinstance(source, int):
        return source
    find = getattr(source, "get_input_embeddings", None)
    embedding = find() if callable(find) else None
    if not isinstance(embedding, nn.Embedding):
        remedy = "give the number of tokens instead of the model"
        raise UsageError(type(source).__name__, "does not tell the size of its vocabulary", remedy)
    return embedding.num_embeddings


def _refuse_none(sizes: Mapping[str, int]) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise UsageError(name, f"is {size}", "give at least 1")
