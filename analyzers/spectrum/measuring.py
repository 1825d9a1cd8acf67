"""Everything that follows from the singular values of one matrix."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analyzers.spectrum.marchenko_pastur import RandomBulk, random_bulk
from analyzers.spectrum.noise import MOST_ELEMENTS, Noise, noise_beside, rounding_noise
from analyzers.spectrum.options import Options
from analyzers.spectrum.power_law import PowerLaw, power_law
from precisionlab.analysis.comparisons import Compared
from precisionlab.analysis.results import Measurement, metric
from precisionlab.analysis.seeding import generator, seed_of
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.weights import drawn_part, matrix_of
from precisionlab.structure import ranks
from precisionlab.structure.bounds import LARGEST_SHORT_SIDE

if TYPE_CHECKING:
    import torch

    from precisionlab.structure.matrices import Matrix

Doubles = NDArray[np.float64]

ERRORS = (0.01, 0.05, 0.1)
"""Relative errors |W - W_r|_F / |W|_F for which the rank is told."""
FEW = 4
"""Rounding errors an element of float32 and float64: that of storing it, and those of computing it before in that type."""
COMPUTED_IN = 24
"""Significant bits from which numbers are computed in the type that they are stored in; narrower ones are rounded once."""
UNITS: Mapping[str, str] = {"sample_marchenko_pastur_outliers": "directions"}


@dataclass(frozen=True, slots=True)
class Spectrum:
    """The singular values of a matrix."""

    shape: tuple[int, int]
    values: Doubles
    """Descending, all or the leading ones, over `unit`, so that squares neither overflow nor vanish."""
    frobenius: float
    """Over `unit`."""
    unit: float = 1.0
    """A power of two near the weight's largest magnitude."""

    @property
    def is_whole(self) -> bool:
        """Whether these are all."""
        return len(self.values) == min(self.shape)

    @property
    def stable_rank(self) -> float:
        """See `precisionlab.structure.ranks`."""
        return ranks.stable_rank(self.values, self.frobenius)

    @property
    def effective_rank(self) -> float:
        """See `precisionlab.structure.ranks`."""
        return ranks.effective_rank(self.values)

    @property
    def participation_ratio(self) -> float:
        """sum(s^2)^2 / sum(s^4)."""
        shares = np.square(self.values / self.values[0])
        return float(shares.sum() ** 2 / np.square(shares).sum())

    @property
    def condition_number(self) -> float:
        """Largest over smallest; infinite where that is not above float64's own errors."""
        least = max(self.shape) * np.finfo(np.float64).eps * float(self.values[0])
        return float(self.values[0] / self.values[-1]) if self.values[-1] > least else math.inf

    @property
    def break_even_rank(self) -> int:
        """The largest rank whose factors [m, r] and [r, n] take no more numbers than the matrix: mn / (m + n)."""
        return math.prod(self.shape) // sum(self.shape)

    def errors(self) -> Doubles:
        """|W - W_r|_F / |W|_F of the best approximation of each rank from 0 to k (Eckart and Young 1936)."""
        tails = np.concatenate([np.cumsum(np.square(self.values[::-1] / self.values[0]))[::-1], [0.0]])
        root: Doubles = np.sqrt(tails / tails[0])
        return root

    def rank_at(self, error: float) -> int:
        """The least rank of at most this error."""
        return int(np.argmax(self.errors() <= error))

    def share_at(self, rank: int) -> float:
        """Numbers of the factors over those of the matrix."""
        return rank * sum(self.shape) / math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Figures:
    """What was found of one tensor."""

    spectrum: Spectrum
    bulk: RandomBulk | None
    law: PowerLaw | None
    noise: Noise | None
    storage_noise: float
    """About the largest singular value of what rounding to the stored type has added."""
    compared: Compared
    sampled: tuple[int, int]
    """Rows and columns of the part that stands beside random ones."""
    no_noise: str = ""
    """Why the noise of a format that was asked for is left out; empty where it is not."""

    @property
    def deficient(self) -> int:
        """Singular values that are no more than rounding to the stored type, or to float64, makes of zeros."""
        least = max(self.storage_noise, max(self.spectrum.shape) * 2.0**-52 * float(self.spectrum.values[0]))
        return int((self.spectrum.values <= least).sum())


def measure(tensor: Tensor, largest: float, options: Options) -> Figures:
    """Everything there is to know of a finite tensor whose largest magnitude is this, above 0.

    Raises:
        TensorTooLargeError: it is wide and does not fit into the memory that a tensor may take.
    """
    from precisionlab.structure.singular import scale_of  # noqa: PLC0415 - torch, which is slow, and loaded by then

    scale = scale_of(largest)
    spectrum = spectrum_of(matrix_of(tensor, scale), scale, seed_of(options.seed, "krylov", tensor.info.name), options)
    bulk = random_bulk(spectrum.values, max(spectrum.shape)) if spectrum.is_whole else None
    law = power_law(np.square(spectrum.values / spectrum.values[0])) if spectrum.is_whole else None
    part = drawn_part(tensor, options.sample, generator(options.seed, "spectrum", tensor.info.name), scale)
    return Figures(
        spectrum,
        bulk,
        law,
        noise_of(tensor, spectrum, scale, options),
        storage_noise(tensor, spectrum),
        beside(part, tensor, options),
        (part.shape[0], part.shape[1]),
        why_no_noise(tensor, spectrum, scale) if options.target is not None else "",
    )


def spectrum_of(matrix: "Matrix", scale: float, seed: int, options: Options) -> Spectrum:
    """All singular values where the short side allows, else the leading ones, of a matrix over the scale."""
    from precisionlab.structure.krylov import leading  # noqa: PLC0415 - torch, as above
    from precisionlab.structure.singular import singular_values  # noqa: PLC0415

    if min(matrix.shape) <= LARGEST_SHORT_SIDE:
        values = singular_values(matrix).cpu().numpy()
        return Spectrum(matrix.shape, values, math.sqrt(float(np.square(values).sum())), scale)
    found = leading(matrix, options.leading, seed)
    return Spectrum(matrix.shape, found.values.numpy(), found.frobenius, scale)


def noise_of(tensor: Tensor, spectrum: Spectrum, scale: float, options: Options) -> Noise | None:
    """The rounding noise of the chosen format; None without one, and of matrices that are too large for it."""
    from precisionlab.structure.matrices import matrix_at_hand  # noqa: PLC0415 - torch, as above
    from precisionlab.structure.singular import singular_values  # noqa: PLC0415

    target = options.target
    if target is None or why_no_noise(tensor, spectrum, scale):
        return None
    values = tensor.values().reshape(spectrum.shape)
    noise = rounding_noise(values, target)
    return noise_beside(
        spectrum.values, singular_values(matrix_at_hand(noise)).cpu().numpy() / scale, spectrum.shape, target.name
    )


def why_no_noise(tensor: Tensor, spectrum: Spectrum, scale: float) -> str:
    """Why the rounding noise of a matrix is not looked at; empty where it can be."""
    if tensor.info.n_elements > MOST_ELEMENTS:
        return f"it has more than {MOST_ELEMENTS:,} elements"
    if tensor.info.n_bytes > tensor.memory_bytes:
        return f"its {tensor.info.n_bytes:,} bytes exceed the {tensor.memory_bytes:,} of --memory"
    if not spectrum.is_whole:
        return "not all singular values are known"
    return "" if spans_binary32(scale) else "binary32 does not hold its numbers"


def spans_binary32(scale: float) -> bool:
    """Whether numbers of this size and 2^-60 of it are normal in binary32, in which formats are computed."""
    return 2.0**-60 <= scale < 2.0**127


def storage_noise(tensor: Tensor, spectrum: Spectrum) -> float:
    """The edge of a random matrix of rounding errors to the stored type: u / sqrt(3) of each number, or `FEW` times that."""
    from precisionlab.analysis.census.layouts import LAYOUTS  # noqa: PLC0415 - beside its one use

    significant = LAYOUTS[tensor.info.dtype].format.precision  # type: ignore[union-attr]
    rms = spectrum.frobenius / math.sqrt(math.prod(spectrum.shape))
    error = (FEW if significant >= COMPUTED_IN else 1) * 2.0**-significant / math.sqrt(3)
    return error * rms * (math.sqrt(spectrum.shape[0]) + math.sqrt(spectrum.shape[1]))


def beside(part: "torch.Tensor", tensor: Tensor, options: Options) -> Compared:
    """Figures of a part beside those of random matrices of its size."""
    from precisionlab.structure.nulls import Null, beside_nulls  # noqa: PLC0415 - torch, as above

    nulls = [Null(name) for name in options.nulls]
    if not nulls or not bool(part.any()) or bool((part == part[0, 0]).all()):
        return {}
    return beside_nulls(part, sampled_figures, nulls, options.draws, seed_of(options.seed, "nulls", tensor.info.name))


def sampled_figures(part: "torch.Tensor") -> Mapping[str, float]:
    """The figures that stand beside those of random matrices."""
    from precisionlab.structure.matrices import matrix_at_hand  # noqa: PLC0415 - torch, as above
    from precisionlab.structure.singular import singular_values  # noqa: PLC0415

    values = singular_values(matrix_at_hand(part)).cpu().numpy()
    spectrum = Spectrum((part.shape[0], part.shape[1]), values, math.sqrt(float(np.square(values).sum())))
    bulk, law = random_bulk(values, max(part.shape)), power_law(np.square(values))
    return {
        "sample_stable_rank": spectrum.stable_rank,
        "sample_effective_rank": spectrum.effective_rank,
        "sample_marchenko_pastur_outliers": float(bulk.outliers) if bulk else math.nan,
        "sample_marchenko_pastur_distance": bulk.distance if bulk else math.nan,
        "sample_power_law_alpha": law.alpha if law else math.nan,
    }


def measurements(figures: Figures) -> Iterator[Measurement]:
    """The figures as named numbers."""
    spectrum = figures.spectrum
    values = spectrum.values
    yield Measurement(metric("spectral_norm", ""), float(values[0]) * spectrum.unit)
    yield Measurement(metric("frobenius_norm", ""), spectrum.frobenius * spectrum.unit)
    yield Measurement(metric("stable_rank"), spectrum.stable_rank)
    yield Measurement(metric("break_even_rank", "directions"), spectrum.break_even_rank)
    yield Measurement(metric("singular_values", "directions"), len(values))
    yield Measurement(metric("captured_energy", "share"), min(1.0, float(np.square(values / spectrum.frobenius).sum())))
    if not spectrum.is_whole:
        return
    yield Measurement(metric("nuclear_norm", ""), float(values.sum()) * spectrum.unit)
    yield Measurement(metric("effective_rank"), spectrum.effective_rank)
    yield Measurement(metric("participation_ratio"), spectrum.participation_ratio)
    yield Measurement(metric("condition_number"), spectrum.condition_number)
    yield Measurement(metric("deficient_directions", "directions"), figures.deficient)
    for error in ERRORS:
        rank = spectrum.rank_at(error)
        yield Measurement(metric("rank", "directions", error=f"{error:g}"), rank)
        yield Measurement(metric("parameters", "share", error=f"{error:g}"), spectrum.share_at(rank))
    yield from fitted(figures)


def fitted(figures: Figures) -> Iterator[Measurement]:
    """Laws and noise."""
    if figures.bulk is not None:
        yield Measurement(metric("marchenko_pastur_edge", ""), figures.bulk.edge * figures.spectrum.unit)
        yield Measurement(
            metric("marchenko_pastur_scale", ""), math.sqrt(figures.bulk.variance) * figures.spectrum.unit
        )
        yield Measurement(metric("marchenko_pastur_distance"), figures.bulk.distance)
        yield Measurement(metric("outliers", "directions"), figures.bulk.outliers)
        yield Measurement(metric("outlier_energy", "share"), figures.bulk.outlier_energy)
    if figures.law is not None:
        yield Measurement(metric("power_law_alpha"), figures.law.alpha)
        yield Measurement(metric("power_law_alpha_error"), figures.law.error)
        yield Measurement(metric("power_law_distance"), figures.law.distance)
        yield Measurement(metric("power_law_tail", "directions"), figures.law.n_tail)
    if figures.noise is not None:
        noise = figures.noise
        yield Measurement(metric("noise_norm", "", format=noise.target), float(noise.values[0]) * figures.spectrum.unit)
        yield Measurement(metric("noise_frobenius", "", format=noise.target), noise.frobenius * figures.spectrum.unit)
        yield Measurement(metric("below_noise", "directions", format=noise.target), noise.below_norm)
        yield Measurement(metric("hidden_directions", "directions", format=noise.target), noise.hidden)
        yield Measurement(metric("hidden_energy", "share", format=noise.target), noise.hidden_energy)
