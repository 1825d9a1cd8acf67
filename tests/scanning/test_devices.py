"""From what the user says to a device that there is."""

from pathlib import Path

import pytest

from precisionlab.errors import UsageError
from precisionlab.scanning import devices
from precisionlab.scanning.devices import resolve_device


@pytest.mark.parametrize("wanted", ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:¹", "mps:1", "cpu:0", "cuda:99999"])
def test_what_is_no_device_is_an_error(wanted: str) -> None:
    """The message says what is accepted and what was given."""
    with pytest.raises(UsageError, match=r"^--device: takes auto, cpu, cuda, cuda:N or mps, not ") as caught:
        resolve_device(wanted, "--device")
    assert str(caught.value).endswith(wanted or "nothing")


@pytest.mark.parametrize(
    ("wanted", "devices_there", "resolved"),
    [("cuda", 1, "cuda:0"), ("cuda:0", 1, "cuda:0"), ("cuda:3", 4, "cuda:3"), ("auto", 2, "cuda:0"), ("cpu", 2, "cpu")],
)
def test_a_device_that_there_is(
    monkeypatch: pytest.MonkeyPatch, wanted: str, devices_there: int, resolved: str
) -> None:
    """CUDA devices are numbered from 0; auto takes the first."""
    monkeypatch.setattr(devices, "NVIDIA", Path("/"))
    monkeypatch.setattr(devices, "cuda_device_count", lambda: devices_there)
    assert resolve_device(wanted) == resolved


def test_a_device_that_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for one is an error, not a quiet fall back to the CPU."""
    monkeypatch.setattr(devices, "cuda_device_count", lambda: 1)
    monkeypatch.setattr(devices, "mps_is_available", lambda: False)
    for wanted, shown in (("cuda:1", "cuda:1"), ("mps", "mps")):
        with pytest.raises(UsageError, match=f"^device: {shown} is not available to torch here"):
            resolve_device(wanted)


def test_auto_asks_torch_only_where_there_may_be_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without device files of a GPU, torch is not imported."""

    def fail() -> int:
        raise AssertionError("torch was asked")

    monkeypatch.setattr(devices, "NVIDIA", Path("/nowhere"))
    monkeypatch.setattr(devices, "AMD", Path("/nowhere"))
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(devices, "cuda_device_count", fail)
    assert resolve_device("auto") == "cpu"
