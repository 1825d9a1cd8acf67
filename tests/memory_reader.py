"""A reader of tensors that lie in memory."""

from precisionlab.checkpoints.model import ByteRange


class MemoryReader:
    """Reads from the bytes of one tensor, and counts what was read."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.n_bytes_read = 0

    def read_into(self, location: ByteRange, start: int, buffer: memoryview) -> None:
        """Copy the bytes from the range's `start`-th on."""
        del location
        buffer[:] = self.content[start : start + len(buffer)]
        self.n_bytes_read += len(buffer)
