"""The figures of the `wavelet` analyzer for one tensor."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from analyzers.wavelet.copies import copy_of
from analyzers.wavelet.kernels import Ordering, ordering_of, sampled_kernels
from analyzers.wavelet.options import Null, Options
from analyzers.wavelet.scales import KEPT, Key, Sorted, expected_shares, figures_of, in_order
from analyzers.wavelet.transforms import Doubles, most_levels, transform
from precisionlab.analysis.results import Measurement, metric
from precisionlab.analysis.seeding import generator
from precisionlab.analysis.tensors import Tensor
from precisionlab.structure.nulls import Comparison, compared
from precisionlab.structure.singular import scale_of

UNITS = {"energy_share": "share", "share_of_99_energy": "share"}


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the measurements and figures of one tensor are made of."""

    ordering: Ordering
    n_sampled: int
    """Kernels that were looked at."""
    compared: Mapping[Key, Mapping[Null, Comparison]]
    own: Mapping[Key, float]
    expected: Mapping[Key, float]
    """Of white noise, where that is known."""
    entries: Sorted
    """The entries themselves, to be thresholded without a transform."""
    mean_kernel: Doubles
    """[lengths ...], in the weight's unit."""

    @property
    def is_sampled(self) -> bool:
        """Whether there are more kernels than were looked at."""
        return self.n_sampled < self.ordering.n_kernels


def measure(tensor: Tensor, options: Options) -> Figures | None:
    """Everything there is to know of one tensor that has ordered axes; None where all that is looked at is 0."""
    ordering = ordering_of(tensor.info, options)
    kernels = sampled_kernels(tensor, ordering, options)
    scale = scale_of(float(np.abs(kernels).max()))
    if not kernels.any():
        return None
    kernels = kernels / scale
    own = figures_of(kernels, ordering.axes, options.wavelet, options.levels)
    drawn = {null: drawn_figures(kernels, ordering, null, tensor.info.name, options) for null in nulls_of(options)}
    beside = {
        key: {null: compared(value, [one[key] for one in those]) for null, those in drawn.items()}
        for key, value in own.items()
    }
    expected = {
        **expected_shares(transform(kernels[:1], options.wavelet, options.levels)),
        **{key: 1.0 for key in own if key.name == "seminorm"},
    }
    return Figures(ordering, len(kernels), beside, own, expected, in_order(kernels), kernels.mean(axis=0) * scale)


def nulls_of(options: Options) -> tuple[Null, ...]:
    """The kinds of copies, each once."""
    return tuple(dict.fromkeys(map(Null, options.nulls)))


def drawn_figures(
    kernels: Doubles, ordering: Ordering, null: Null, name: str, options: Options
) -> list[Mapping[Key, float]]:
    """Figures of each copy."""
    random = generator(options.seed, "wavelet", null.value, name)
    return [
        figures_of(copy_of(kernels, ordering, null, random), ordering.axes, options.wavelet, options.levels)
        for _ in range(options.draws)
    ]


def levels_of(ordering: Ordering, options: Options) -> int:
    """How often the kernels are transformed."""
    most = most_levels(ordering.lengths)
    return min(options.levels, most) if options.levels else most


def measurements(figures: Figures, options: Options) -> Iterator[Measurement]:
    """The figures as named numbers."""
    yield Measurement(metric("kernels", "kernels"), figures.ordering.n_kernels)
    yield Measurement(metric("sampled_kernels", "kernels"), figures.n_sampled)
    yield Measurement(metric("places", "places"), figures.ordering.n_places)
    yield Measurement(metric("levels", "levels"), levels_of(figures.ordering, options))
    shown = {f"{kept:g}" for kept in KEPT}
    for key, value in figures.own.items():
        if key.label == "kept" and key.of not in shown:
            continue
        yield Measurement(metric(key.name, UNITS.get(key.name, "1"), **key.labels), value)
        if key.name == "energy_share":
            yield Measurement(metric("expected_share", "share", **key.labels), figures.expected[key])
        yield from beside_copies(key, figures.compared[key])
    yield Measurement(metric("entries_gini"), figures.entries.gini())
    yield Measurement(metric("entries_share_of_99_energy", "share"), figures.entries.share_of_most_energy())
    for kept in KEPT:
        yield Measurement(metric("entries_threshold_error", "1", kept=f"{kept:g}"), figures.entries.error(kept))


def beside_copies(key: Key, compared_: Mapping[Null, Comparison]) -> Iterator[Measurement]:
    """Mean, deviation and z-score of a figure beside each kind of copies."""
    unit = UNITS.get(key.name, "1")
    for null, one in compared_.items():
        labels = {**key.labels, "null": null.value}
        for suffix, number in (("mean", one.mean), ("sd", one.deviation)):
            yield Measurement(metric(f"{key.name}_{suffix}", unit, **labels), number)
        if not math.isnan(one.z):
            yield Measurement(metric(f"{key.name}_z", "1", **labels), one.z)
