"""The package's import budget, and its public names."""

import subprocess
import sys

from precisionlab import calibration


def test_the_package_and_its_files_are_light() -> None:
    """Neither torch nor the compiled loops come before a measurement is asked for; nor does safetensors ever."""
    script = "import precisionlab.calibration, precisionlab.calibration.files, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert not set(done.stdout.split()) & {"torch", "numpy", "numba", "scipy", "safetensors"}


def test_public_names_are_all_there() -> None:
    """Each is found when first used, and nothing else is."""
    assert set(calibration.__all__) <= set(dir(calibration))
    assert all(callable(getattr(calibration, name)) for name in calibration.__all__)
    assert not hasattr(calibration, "measure_nothing")
