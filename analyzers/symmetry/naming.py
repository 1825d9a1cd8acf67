"""What the figures of the `symmetry` analyzer are called, and how they become measurements."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from precisionlab.analysis.results import Measurement, metric

if TYPE_CHECKING:
    from precisionlab.structure.nulls import Comparison, Null


@dataclass(frozen=True, slots=True)
class Beside:
    """A figure of a part of the weight, beside the same figure of random matrices."""

    name: str
    """Of the measurement."""
    label: str
    """Of the measurement: `element`, `part` or `family`."""
    of: str
    """The label's value."""
    unit: str
    compared: "Mapping[Null, Comparison]"

    def measurements(self) -> Iterator[Measurement]:
        """Mean, deviation and z-score for each kind of random matrices."""
        for null, one in self.compared.items():
            labels = {self.label: self.of, "null": null.value}
            for suffix, number in (("mean", one.mean), ("sd", one.deviation)):
                if not math.isnan(number):
                    yield Measurement(metric(f"{self.name}_{suffix}", self.unit, **labels), number)
            if not math.isnan(one.z):
                yield Measurement(metric(f"{self.name}_z", "1", **labels), one.z)
