"""All that `precisionlab sum` prints, before it is text or JSON."""

from collections.abc import Mapping
from dataclasses import dataclass

from precisionlab.cli.sum_source import Source
from precisionlab.summation.comparing import Comparison
from precisionlab.summation.methods import Method


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """One comparison, of what, and how long its methods take."""

    source: Source
    summands: str
    """`numbers` or `squares`."""
    comparison: Comparison
    nanoseconds: Mapping[Method, float]
    """A number; empty where nothing was timed."""
