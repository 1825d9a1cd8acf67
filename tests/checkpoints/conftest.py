"""What several tests of checkpoints use."""

import json
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from precisionlab.checkpoints import pytorch
from precisionlab.checkpoints.model import Checkpoint
from precisionlab.checkpoints.pytorch import child
from precisionlab.checkpoints.pytorch.exchange import decode_request, encode

Opener = Callable[[Path], Checkpoint]


@pytest.fixture
def open_pytorch(monkeypatch: pytest.MonkeyPatch) -> Opener:
    """Opens a PyTorch file, loading it in this process: a child process takes seconds to start."""

    def converse(command: Sequence[str], message: bytes, patience: int, subject: str) -> bytes:
        del command, patience, subject
        request = json.loads(message)
        request.pop("modules")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the child's stderr goes nowhere
            return encode(child.answer(decode_request(request)))

    monkeypatch.setattr(pytorch, "_converse", converse)
    return pytorch.open_file
