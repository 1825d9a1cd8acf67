"""Weights that are one in the other checkpoint and two here: an embedding and a head, most of the time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.beside import Role
from precisionlab.analysis.results import Status
from precisionlab.analysis.roles import EMBEDDINGS, HEADS, is_named
from precisionlab.analysis.tensors import Tensor, same_bytes
from precisionlab.checkpoints.model import TensorInfo

SHARED = "in the other checkpoint they share their bytes"
ALIKE = "in the other checkpoint they hold the same bytes"
HEADLESS = "the other checkpoint has no head of its own, as models have that use the embedding for it"


@dataclass(frozen=True, slots=True)
class ComeApart:
    """Two tensors that were tied."""

    one: str
    other: str
    how: str
    """What ties them in the other checkpoint, as a clause."""


def come_apart(answers: Sequence[Answer], only_there: Sequence[TensorInfo]) -> Iterator[ComeApart]:
    """Tensors that hold different bytes here, though they are one in the other checkpoint.

    Those are tensors that share their bytes in its file, embeddings and heads that hold the same bytes there, and an
    embedding there without any head beside it. Bytes are read once more, of the few that may be such.

    Raises:
        CheckpointError: they cannot be read.
    """
    matched = [one for one in answers if one.result.status is Status.DONE and Role.REFERENCE in one.tensor.beside]
    told = set[str]()
    for first, other in pairs_in(matched, shared_key):
        if are_apart(first, other):
            told.add(other.tensor.info.name)
            yield ComeApart(first.tensor.info.name, other.tensor.info.name, SHARED)
    for first, other in pairs_in(matched, alike_key):
        if other.tensor.info.name not in told and are_apart(first, other) and same(there(first), there(other)):
            yield ComeApart(first.tensor.info.name, other.tensor.info.name, ALIKE)
    yield from heads_of_their_own(answers, matched, only_there)


Key = tuple[object, ...]


def shared_key(answer: Answer) -> Key:
    """What tensors have in common that share their bytes in the other checkpoint."""
    info = there(answer).info
    return info.shares_storage_with or info.name, info.shape


def alike_key(answer: Answer) -> Key | None:
    """What embeddings and heads have in common that hold the same bytes there; None of anything else."""
    info = there(answer).info
    values = answer.result.values
    is_likely = is_matrix(info) and is_named(info.name, (*EMBEDDINGS, *HEADS)) and "reference_norm" in values
    return (info.dtype, info.shape, values["reference_norm"]) if is_likely else None


def pairs_in(answers: Sequence[Answer], key: Callable[[Answer], Key | None]) -> Iterator[tuple[Answer, Answer]]:
    """Each tensor with the first one that has the same key."""
    first: dict[Key, Answer] = {}
    for answer in answers:
        found = key(answer)
        if found is not None and first.setdefault(found, answer) is not answer:
            yield first[found], answer


def are_apart(one: Answer, other: Answer) -> bool:
    """Whether two tensors whose counterparts hold the same bytes hold other bytes than one another."""
    if owner(one) == owner(other):
        return False
    unchanged = [bool(answer.result.values["same_bytes"]) for answer in (one, other)]
    if any(unchanged):
        return not all(unchanged)
    return not same(one.tensor, other.tensor)


def owner(answer: Answer) -> str:
    """The tensor here whose bytes it has."""
    return answer.tensor.info.shares_storage_with or answer.tensor.info.name


def there(answer: Answer) -> Tensor:
    """The counterpart."""
    return answer.tensor.beside[Role.REFERENCE]


def same(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors are the same bytes of one type and shape."""
    is_alike = (one.info.dtype, one.info.shape) == (other.info.dtype, other.info.shape)
    return is_alike and same_bytes(one, other)


def is_matrix(info: TensorInfo) -> bool:
    """Whether it has two axes or more: biases are alike before they are trained."""
    return len(info.shape) > 1


def heads_of_their_own(
    answers: Sequence[Answer], matched: Sequence[Answer], only_there: Sequence[TensorInfo]
) -> Iterator[ComeApart]:
    """Heads that only this checkpoint has, and that differ from the embedding of their shape."""
    theirs = (*(there(answer).info for answer in matched), *only_there)
    if any(is_matrix(info) and is_named(info.name, HEADS) for info in theirs):
        return
    embeddings = [answer.tensor for answer in matched if is_named(answer.tensor.info.name, EMBEDDINGS)]
    for answer in answers:
        head = answer.tensor
        is_new = Role.REFERENCE not in head.beside and head.info.shares_storage_with is None
        if is_new and is_matrix(head.info) and is_named(head.info.name, HEADS):
            alike = [one for one in embeddings if one.info.shape == head.info.shape]
            if alike and not any(same(one, head) for one in alike):
                yield ComeApart(alike[0].info.name, head.info.name, HEADLESS)
