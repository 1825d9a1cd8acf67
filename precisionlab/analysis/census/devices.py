"""Which backend counts for which device."""

from precisionlab.analysis.census.backends import Backend


def backend_of(device: str) -> Backend:
    """The backend for a torch device name. MPS lacks float64, so its tensors are counted on the CPU."""
    if device == "cpu" or device.startswith("mps"):
        from precisionlab.analysis.census.cpu import CpuBackend  # noqa: PLC0415 - numba takes a third of a second

        return CpuBackend()
    from precisionlab.analysis.census.accelerator import TorchBackend  # noqa: PLC0415 - torch takes a second

    return TorchBackend(device)
