"""What a running scan tells whoever listens."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from precisionlab.analysis.costs import Cost
from precisionlab.analysis.results import Result


@dataclass(frozen=True, slots=True)
class OpeningCheckpoint:
    """A checkpoint is about to be opened, which for some containers takes a while."""

    path: str


@dataclass(frozen=True, slots=True)
class CheckpointOpened:
    """A checkpoint's headers were read."""

    path: str
    n_tensors: int
    """Tensors that will be analysed."""
    n_bytes: int
    """Bytes that will be read."""
    costs: Mapping[str, Cost] = field(default_factory=dict)
    """What analyzers that tell are going to take for all tensors, by name."""


@dataclass(frozen=True, slots=True)
class BytesRead:
    """How far reading is, over all of the current checkpoint."""

    n_bytes: int


@dataclass(frozen=True, slots=True)
class ResultReady:
    """One analyzer is done with one tensor, or with the checkpoint (the result's subject is then None)."""

    result: Result
    seconds: float = 0.0
    """That the analyzer took, without what was read and counted ahead for all of them."""


@dataclass(frozen=True, slots=True)
class PathFailed:
    """A path could not be opened."""

    path: str
    message: str


Event = OpeningCheckpoint | CheckpointOpened | BytesRead | ResultReady | PathFailed
