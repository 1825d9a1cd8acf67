"""Which weights matter, and what goes into a layer: measured where a model lives, written to files that scans read.

>>> from precisionlab.calibration import measure_sensitivity, random_tokens, save_sensitivity  # doctest: +SKIP
>>> batches = random_tokens(model, n_batches=4)  # doctest: +SKIP
>>> save_sensitivity("fisher.safetensors", measure_sensitivity(model, batches))  # doctest: +SKIP

Importing this package imports nothing heavy; torch is loaded when a name is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from precisionlab.calibration.activations import measure_activations
    from precisionlab.calibration.batches import random_inputs, random_tokens
    from precisionlab.calibration.files import save_activations, save_sensitivity
    from precisionlab.calibration.sensitivity import measure_sensitivity

__all__ = [
    "measure_activations",
    "measure_sensitivity",
    "random_inputs",
    "random_tokens",
    "save_activations",
    "save_sensitivity",
]

_HOMES = {
    "measure_activations": "precisionlab.calibration.activations",
    "measure_sensitivity": "precisionlab.calibration.sensitivity",
    "random_inputs": "precisionlab.calibration.batches",
    "random_tokens": "precisionlab.calibration.batches",
    "save_activations": "precisionlab.calibration.files",
    "save_sensitivity": "precisionlab.calibration.files",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
