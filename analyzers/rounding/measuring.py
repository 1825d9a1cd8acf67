"""The figures of the `rounding` analyzer for one tensor."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.rounding.accumulators import accumulators_for, cost
from analyzers.rounding.errors import Errors, errors_of
from analyzers.rounding.matrices import Matrix, matrix_of
from analyzers.rounding.options import Options
from analyzers.rounding.sampling import JUDGED, Kind, Trial, sampled_rows, trials_of
from precisionlab.accumulation.bounds import probable_bound, worst_bound
from precisionlab.accumulation.products import matmul_by
from precisionlab.accumulation.records import Accumulator, Chain, operands_of
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.results import Measurement, metric
from precisionlab.analysis.roles import STATES, is_named
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.weights import too_few
from precisionlab.formats import FloatFormat, formats
from precisionlab.formats.modes import Rounding
from precisionlab.formats.rounding import round_to
from precisionlab.formats.rounding.policy import Draw
from precisionlab.summation import absorbed_by
from precisionlab.summation.methods import RECURSIVE

Doubles = NDArray[np.float64]
Singles = NDArray[np.float32]

LEAST_TERMS = 16
"""Of which errors are drawn against the number of terms."""
NARROW = 8
"""Bits of factors that are scaled first, as FP8 weights and inputs are."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One accumulator on one kind of inputs."""

    accumulator: Accumulator
    kind: Kind
    errors: Errors
    absorbed: float
    """Share of the terms that leave the running sum as it is; NaN where terms are not added one by one."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Errors of one accumulator against the number of terms, on normal inputs."""

    accumulator: Accumulator
    terms: tuple[int, ...]
    largest: tuple[float, ...]
    """Backward errors seen."""
    rms: tuple[float, ...]
    probable: tuple[float, ...]
    worst: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Conditions:
    """Condition numbers |W||x| / |y| of the dot products of one kind."""

    kind: Kind
    median: float
    p99: float


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the measurements, findings and figures of one tensor are made of."""

    stored: str
    n_rows: int
    n_terms: int
    """Of a row, as far as it was looked at."""
    left_out: int
    """Sampled rows with infinities or NaN."""
    outcomes: tuple[Outcome, ...]
    conditions: tuple[Conditions, ...]
    growths: tuple[Growth, ...]
    matrix: Matrix

    def of(self, name: str) -> tuple[Outcome, ...]:
        """What an accumulator did on each kind of inputs."""
        return tuple(one for one in self.outcomes if one.accumulator.name == name)

    def bits(self, name: str) -> float:
        """The fewest bits right on the kinds that are judged; 0 where one overflows, NaN where it was not asked."""
        judged = [one for one in self.of(name) if one.kind in JUDGED]
        if not judged:
            return math.nan
        return min(0.0 if one.errors.overflows or math.isnan(one.errors.bits) else one.errors.bits for one in judged)


def obstacle(tensor: Tensor, options: Options) -> str:
    """Why a tensor is not looked at; empty where it is."""
    info = tensor.info
    if of_type := LAYOUTS[info.dtype].obstacle:
        return of_type
    if is_named(info.name, STATES):
        return "an optimizer's state multiplies nothing"
    if len(info.shape) < options.min_axes:
        return f"fewer than {options.min_axes} axes: biases and norms multiply nothing (rounding.min_axes)"
    return too_few(info, "rounding", options.min_elements)


def measure(tensor: Tensor, options: Options) -> Figures | None:
    """Everything there is to know of one tensor; None where no sampled row is finite.

    Raises:
        UsageError: the calibration beside the checkpoint does not fit.
    """
    sampled = sampled_rows(tensor, options)
    is_finite = np.isfinite(sampled).all(axis=1)
    weights = sampled[is_finite]
    if not len(weights):
        return None
    accumulators = accumulators_for(tensor.info.dtype, options)
    outcomes: list[Outcome] = []
    conditions: list[Conditions] = []
    growths: list[Growth] = []
    for trial in trials_of(tensor, weights, options):
        exact, sizes = exact_product(trial)
        conditions.append(conditions_of(trial.kind, exact, sizes))
        own = [outcome(trial, one, tensor.threads, options) for one in accumulators]
        outcomes += own
        if trial.kind is Kind.NORMAL:
            growths = [growth(trial, one, tensor.threads, options) for one in own]
    return Figures(
        tensor.info.dtype,
        len(weights),
        weights.shape[1],
        len(sampled) - len(weights),
        tuple(outcomes),
        tuple(conditions),
        tuple(growths),
        matrix_of(tensor, options),
    )


def exact_product(trial: Trial) -> tuple[Doubles, Doubles]:
    """Y and |W||x| [rows, inputs] in float64, in which products of float32 are exact."""
    weights, inputs = trial.weights.astype(np.float64), trial.inputs.astype(np.float64)
    return weights @ inputs, np.abs(weights) @ np.abs(inputs)


def as_operands(trial: Trial, accumulator: Accumulator) -> Trial:
    """Factors as an accumulator takes them: what rounding them loses is no error of accumulation.

    Those of 8 bits are scaled by powers of two before, up to the format's largest number.
    """
    name = operands_of(accumulator)
    if name is None:
        return trial
    format_ = formats.element(name)
    limit = format_.max_finite if isinstance(format_, FloatFormat) and format_.bits <= NARROW else None
    return Trial(trial.kind, taken(trial.weights, name, limit), taken(trial.inputs, name, limit))


def taken(factor: Singles, name: str, limit: float | None) -> Singles:
    """A factor rounded to a format, first scaled where there is a limit."""
    top = float(np.abs(factor).max(initial=0.0))
    scale = 2.0 ** math.floor(math.log2(limit / top)) if limit and top > 0 else 1.0
    scaled = (factor.astype(np.float64) * scale).astype(np.float32)
    return np.asarray(round_to(scaled, name, overflow="saturate"))


def product_by(trial: Trial, accumulator: Accumulator, threads: int, options: Options) -> Doubles:
    """What the accumulator makes of a trial [rows, inputs]."""
    is_drawn = isinstance(accumulator, Chain) and accumulator.rounding is Draw.STOCHASTIC
    seed = options.seed if is_drawn else None
    return np.asarray(matmul_by(trial.weights, trial.inputs, accumulator, seed=seed, threads=threads), np.float64)


def outcome(trial: Trial, accumulator: Accumulator, threads: int, options: Options) -> Outcome:
    """An accumulator on one kind of inputs."""
    operands = as_operands(trial, accumulator)
    exact, sizes = exact_product(operands)
    got = product_by(operands, accumulator, threads, options)
    return Outcome(accumulator, trial.kind, errors_of(got, exact, sizes), absorbed_share(operands, accumulator))


def absorbed_share(trial: Trial, accumulator: Accumulator) -> float:
    """Share of the products other than 0 that a running sum takes without changing; NaN of other accumulators."""
    is_recursive = (
        isinstance(accumulator, Chain)
        and accumulator.method == RECURSIVE
        and accumulator.rounding is Rounding.NEAREST_EVEN
        and accumulator.format.subnormals
    )
    if not is_recursive:
        return math.nan
    products = trial.weights.T[:, :, None].astype(np.float64) * trial.inputs[:, None, :1]
    n_nonzero = int(np.count_nonzero(products))
    absorbed = int(absorbed_by(products, axis=0, working=accumulator.format).sum())
    return absorbed / n_nonzero if n_nonzero else 0.0


def growth(trial: Trial, whole: Outcome, threads: int, options: Options) -> Growth:
    """Errors of the first 16, 32, 64, … terms, and of all, which are known, beside both bounds."""
    accumulator = whole.accumulator
    operands = as_operands(trial, accumulator)
    k = trial.weights.shape[1]
    beginnings = [1 << i for i in range(LEAST_TERMS.bit_length() - 1, k.bit_length()) if 1 << i < k]
    errors = []
    for n in beginnings:
        part = Trial(trial.kind, operands.weights[:, :n], operands.inputs[:n])
        errors.append(errors_of(product_by(part, accumulator, threads, options), *exact_product(part)))
    errors.append(whole.errors)
    counts = [*beginnings, k]
    return Growth(
        accumulator,
        tuple(counts),
        tuple(one.largest_backward for one in errors),
        tuple(one.backward.value for one in errors),
        tuple(probable_bound(accumulator, n, options.failure) for n in counts),
        tuple(worst_bound(accumulator, n) for n in counts),
    )


def conditions_of(kind: Kind, exact: Doubles, sizes: Doubles) -> Conditions:
    """The condition numbers of one kind; infinite where an output is 0 and its terms are not."""
    numbers = np.divide(sizes, np.abs(exact), out=np.where(sizes > 0, np.inf, 1.0), where=exact != 0)
    # Interpolation between infinities is NaN: take numbers that occur.
    median, p99 = np.quantile(numbers, (0.5, 0.99), method="higher")
    return Conditions(kind, float(median), float(p99))


def measurements(figures: Figures, options: Options) -> Iterator[Measurement]:
    """The figures as named numbers."""
    safe = safest(figures, options)
    if safe is not None:
        yield Measurement(metric("cheapest_safe", ""), safe)
    yield from figures.matrix.measurements()
    yield Measurement(metric("terms", "elements"), figures.n_terms)
    yield Measurement(metric("sampled_rows", "rows"), figures.n_rows)
    yield Measurement(metric("non_finite_rows", "rows"), figures.left_out)
    for condition in figures.conditions:
        yield Measurement(metric("condition_median", inputs=condition.kind.value), condition.median)
        yield Measurement(metric("condition_p99", inputs=condition.kind.value), condition.p99)
    for one in figures.outcomes:
        labels = {"accumulator": one.accumulator.name, "inputs": one.kind.value}
        for (name, unit), value in measured_of(one).items():
            yield Measurement(metric(name, unit, **labels), value)
    for growth_ in figures.growths:
        labels = {"accumulator": growth_.accumulator.name}
        worst, probable, largest = growth_.worst[-1], growth_.probable[-1], growth_.largest[-1]
        yield Measurement(metric("worst_bound", **labels), worst)
        yield Measurement(metric("probable_bound", **labels), probable)
        yield Measurement(metric("worst_bound_over_seen", **labels), worst / largest if largest > 0 else math.inf)
        yield Measurement(metric("probable_bound_over_seen", **labels), probable / largest if largest > 0 else math.inf)
        yield Measurement(metric("bits", "bits", **labels), figures.bits(growth_.accumulator.name))


def measured_of(one: Outcome) -> Mapping[tuple[str, str], float]:
    """What one accumulator did on one kind of inputs, by name and unit."""
    errors = one.errors
    figures = {
        ("backward_error_largest", "1"): errors.largest_backward,
        ("backward_error_rms", "1"): errors.backward.value,
        ("backward_error_rms_95", "1"): errors.backward.half_width,
        ("relative_error", "1"): errors.forward.value,
        ("relative_error_95", "1"): errors.forward.half_width,
        ("bias", "1"): errors.bias.value,
        ("bias_95", "1"): errors.bias.half_width,
        ("overflowed_share", "share"): errors.overflows,
        ("absorbed_share", "share"): one.absorbed,
    }
    return {key: value for key, value in figures.items() if key[0] != "absorbed_share" or not math.isnan(value)}


def safest(figures: Figures, options: Options) -> str | None:
    """The cheapest accumulator, and of equally cheap ones the first, that keeps enough bits; None where none does."""
    named = {one.accumulator.name: one.accumulator for one in figures.outcomes}
    safe = [one for name, one in named.items() if figures.bits(name) >= options.min_bits]
    return min(safe, key=cost).name if safe else None
