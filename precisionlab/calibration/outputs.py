"""Which of the tensors that a model returns count as its output."""

import dataclasses
from collections.abc import Iterator, Mapping

from torch import Tensor

from precisionlab.errors import UsageError


def float_outputs(output: object) -> list[Tensor]:
    """`logits` where there are some, else all floating-point tensors that depend on a parameter, in order.

    Looks into tuples, lists, mappings and dataclasses, and so into what Hugging Face models return.

    Raises:
        UsageError: there is none.
    """
    logits = output.get("logits") if isinstance(output, Mapping) else getattr(output, "logits", None)
    floats = [tensor for tensor in _tensors(output if logits is None else logits) if tensor.is_floating_point()]
    if not floats:
        found = type(output).__name__
        raise UsageError("output", f"there is no floating-point tensor in the {found}", "wrap the model to return one")
    dependent = [tensor for tensor in floats if tensor.requires_grad]
    if not dependent:
        remedy = "take no_grad, detach and the like out of forward"
        raise UsageError("output", "no gradient leads from it to the parameters", remedy)
    return dependent


def n_samples(tensors: list[Tensor]) -> int:
    """Length of the first axis of the first output; 1 if it is a scalar."""
    return tensors[0].shape[0] if tensors[0].ndim else 1


def _tensors(value: object) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
        return
    for part in _parts(value):
        yield from _tensors(part)


def _parts(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, tuple | list):
        yield from value
    elif dataclasses.is_dataclass(value):
        yield from (getattr(value, field.name) for field in dataclasses.fields(value))
