"""From what the user says to a torch device."""

import re
import sys
from pathlib import Path

from precisionlab.errors import UsageError
from precisionlab.escaping import printable

NVIDIA, AMD = Path("/dev/nvidiactl"), Path("/dev/kfd")
CUDA = re.compile(r"cuda(?::([0-9]{1,4}))?")
ACCEPTED_DEVICES = "auto, cpu, cuda, cuda:N or mps"


def is_device(text: str) -> bool:
    """Whether this is how a device is named, be it here or not."""
    return text in {"auto", "cpu", "mps"} or CUDA.fullmatch(text) is not None


def resolve_device(wanted: str, subject: str = "device") -> str:
    """The torch device for `auto`, `cpu`, `cuda`, `cuda:1` or `mps`; errors are about the `subject`.

    `auto` imports torch only where the system has a device that torch might drive.

    Raises:
        UsageError: no such device here.
    """
    if wanted == "cpu":
        return wanted
    if wanted == "auto":
        return automatic_device()
    if wanted == "mps":
        return require(wanted, subject, available=mps_is_available())
    match = CUDA.fullmatch(wanted)
    if match is None:
        raise UsageError(subject, f"takes {ACCEPTED_DEVICES}, not {printable(wanted, 40) or 'nothing'}")
    index = int(match[1] or 0)
    return require(f"cuda:{index}", subject, available=index < cuda_device_count())


def automatic_device() -> str:
    """CUDA (or ROCm) where there is one, else Apple's, else the CPU."""
    if (NVIDIA.exists() or AMD.exists()) and cuda_device_count():
        return "cuda:0"
    return "mps" if sys.platform == "darwin" and mps_is_available() else "cpu"


def require(device: str, subject: str, *, available: bool) -> str:
    """The device.

    Raises:
        UsageError: it is not available.
    """
    if not available:
        raise UsageError(subject, f"{device} is not available to torch here", "auto takes what there is")
    return device


def cuda_device_count() -> int:
    """Devices that torch drives through CUDA or ROCm."""
    import torch  # noqa: PLC0415 - takes a second

    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def mps_is_available() -> bool:
    """Whether torch can use Apple's Metal."""
    import torch  # noqa: PLC0415 - takes a second

    return bool(torch.backends.mps.is_available())
