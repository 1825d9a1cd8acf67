"""The microscope and the linter for the numbers inside model weights.

>>> import precisionlab
>>> report = precisionlab.scan("model/", analyzers=["range"])  # doctest: +SKIP

Importing this package imports nothing heavy; each public name loads what it needs when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from precisionlab import formats
    from precisionlab.accumulation import matmul_by
    from precisionlab.analysis.report import Report
    from precisionlab.checkpoints import open_checkpoint
    from precisionlab.errors import PrecisionlabError
    from precisionlab.formats import decode, dequantize, encode, error_sums, fake_quantize, quantize, round_to
    from precisionlab.scanning.scan import scan
    from precisionlab.scanning.settings import Settings
    from precisionlab.summation import dot_by, sum_by

__all__ = [
    "PrecisionlabError",
    "Report",
    "Settings",
    "decode",
    "dequantize",
    "dot_by",
    "encode",
    "error_sums",
    "fake_quantize",
    "formats",
    "matmul_by",
    "open_checkpoint",
    "quantize",
    "round_to",
    "scan",
    "sum_by",
]

_HOMES = {
    "PrecisionlabError": ("precisionlab.errors", "PrecisionlabError"),
    "Report": ("precisionlab.analysis.report", "Report"),
    "Settings": ("precisionlab.scanning.settings", "Settings"),
    **{
        name: ("precisionlab.formats", name)
        for name in ("decode", "dequantize", "encode", "error_sums", "fake_quantize", "quantize", "round_to")
    },
    **{name: ("precisionlab.summation", name) for name in ("dot_by", "sum_by")},
    "matmul_by": ("precisionlab.accumulation", "matmul_by"),
    "open_checkpoint": ("precisionlab.checkpoints", "open_checkpoint"),
    "scan": ("precisionlab.scanning.scan", "scan"),
}


def __getattr__(name: str) -> object:
    if name == "formats":
        return import_module("precisionlab.formats")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
