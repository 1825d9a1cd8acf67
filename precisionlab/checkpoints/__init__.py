"""How files become named tensors: `open_checkpoint`, and what it gives.

>>> with open_checkpoint("model/") as checkpoint, FileReader() as reader:  # doctest: +SKIP
...     buffer = bytearray(checkpoint.tensors[0].n_bytes)
...     reader.read_into(checkpoint.tensors[0].location, 0, buffer)
"""

from precisionlab.checkpoints.finding import find_checkpoints
from precisionlab.checkpoints.model import ByteRange, Checkpoint, Omission, TensorInfo
from precisionlab.checkpoints.opening import open_checkpoint
from precisionlab.checkpoints.reading import FileReader, identities_of
from precisionlab.errors import CheckpointError

__all__ = [
    "ByteRange",
    "Checkpoint",
    "CheckpointError",
    "FileReader",
    "Omission",
    "TensorInfo",
    "find_checkpoints",
    "identities_of",
    "open_checkpoint",
]
