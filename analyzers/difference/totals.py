"""Over all numbers of two checkpoints: of tensors that have one shape, and are numbers on both sides once scales are applied."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analyzers.difference.compared import Compared, Comparison, Kind
from analyzers.difference.distances import N_BINS
from analyzers.difference.drawing import DISTANCES
from precisionlab.analysis.figures import Bars
from precisionlab.analysis.results import Measurement, metric

WHOLE: Final = (Kind.SAME, Kind.EQUAL, Kind.CHANGED, Kind.DEQUANTIZED)
"""Kinds of tensors of which every number has a counterpart that it can be held against."""
COUNTS: Final = ("numbers", "changed", "sign_flips", "became_nan", "became_infinite")


def totals(comparison: Comparison) -> Iterator[Measurement]:
    """Of the whole checkpoint."""
    pairs = comparison.of(*WHOLE)
    counts = {key: sum(int(one.values[key]) for one in pairs) for key in COUNTS}
    difference, norm, reference = (norm_of(pairs, key) for key in ("difference_norm", "norm", "reference_norm"))
    yield Measurement(metric("relative_difference"), ratio(difference, reference))
    yield Measurement(metric("changed_share", "share"), counts["changed"] / max(1, counts["numbers"]))
    if norm and reference and math.isfinite(norm) and math.isfinite(reference):
        yield Measurement(metric("cosine"), cosine(pairs, norm, reference))
    yield Measurement(metric("largest_difference", ""), largest(pairs, "largest_difference"))
    if any("largest_distance" in one.values for one in pairs):
        yield Measurement(metric("largest_distance", "ulp"), largest_distance(pairs))
    for key, count in counts.items():
        yield Measurement(metric(key, "numbers"), count)
    for kind in Kind:
        yield Measurement(metric(f"tensors_{kind.name.lower()}", "tensors"), len(comparison.names(kind)))
    yield Measurement(metric("tensors_renamed", "tensors"), sum(one.is_renamed for one in comparison.pairs))


def norm_of(pairs: Sequence[Compared], key: str) -> float:
    """The norm of all numbers from those of the tensors."""
    return math.hypot(*(float(one.values[key]) for one in pairs))


def cosine(pairs: Sequence[Compared], norm: float, reference: float) -> float:
    """Of the angle between both checkpoints, each as one vector: inner products of tensors over the norms."""
    parts = (
        float(one.values["cosine"])
        * (float(one.values["norm"]) / norm)
        * (float(one.values["reference_norm"]) / reference)
        for one in pairs
        if "cosine" in one.values
    )
    return max(-1.0, min(1.0, math.fsum(parts)))


def largest(pairs: Sequence[Compared], key: str) -> float:
    """The largest of a measurement."""
    return max((float(one.values[key]) for one in pairs if key in one.values), default=0.0)


def largest_distance(pairs: Sequence[Compared]) -> int:
    """Of all tensors that have one type; exact, as 64-bit types need it."""
    return max(int(one.values.get("largest_distance", 0)) for one in pairs)


def ratio(part: float, whole: float) -> float:
    """One over the other; 0 over 0 is 0, anything else infinite."""
    return part / whole if whole else math.inf if part else 0.0


def distances(pairs: Sequence[Compared]) -> NDArray[np.float64]:
    """[bins] of changed numbers by the power of two of their distance in units in the last place of their own type."""
    counts = np.zeros(N_BINS)
    for one in pairs:
        for figure in one.answer.result.figures:
            if isinstance(figure, Bars) and figure.title == DISTANCES:
                counts[: len(figure.heights)] += figure.heights
    return counts
