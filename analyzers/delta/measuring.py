"""The figures of the `delta` analyzer for one tensor."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from analyzers.delta.directions import ENERGIES, RANKS, Directions, directions_of, why_no_directions
from analyzers.delta.options import Options, named_target, quantized_targets, storage_targets
from analyzers.delta.quantizing import Noise, noises
from analyzers.delta.survival import Left, Storing, Survival
from analyzers.delta.updates import Size, Update
from analyzers.delta.ways import Way
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.quantization.targets import Scale, Target
from precisionlab.analysis.results import Measurement, metric
from precisionlab.analysis.weights import ONE_AXIS, too_few
from precisionlab.formats import FloatFormat

NOTHING = "nothing changed"


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the measurements, findings and figures of one tensor are made of."""

    dtype: str
    size: Size
    survivals: tuple[Survival, ...]
    """In the type that it is stored in, and in the other formats; none where nothing changed."""
    judged: Survival | None
    noises: tuple[Noise, ...]
    no_noise: str
    """Why formats are left out there; empty where none is."""
    judged_noise: Noise | None
    directions: Directions | None
    no_directions: str
    """Why there are none; empty where there are."""
    is_cast: bool = False
    """Whether the update is only what a cast made, so that there is none to lose."""

    @property
    def own(self) -> Survival:
        """In the type that it is stored in."""
        return self.survivals[0]

    @property
    def stored_noise(self) -> float | None:
        """Expected norm of the rounding errors of the stored type over that of the update."""
        if self.directions is None:
            return None
        return self.directions.rounding.norm / self.directions.frobenius


def measure(update: Update, options: Options) -> Figures:
    """Everything there is to know of an update."""
    update.hold()
    size, dtype = update.size, update.here.info.dtype
    if not size.n_changed:
        return Figures(dtype, size, (), None, (), NOTHING, None, None, NOTHING)
    targets = dict.fromkeys((own_target(update), *storage_targets(options)))
    survivals = survivals_of(update, tuple(targets))
    reason = why_no_matrix(update, options)
    found, no_noise = ((), reason) if reason else noises(update, quantized_targets(options))
    no_directions = reason or why_no_directions(update, options)
    judged, judged_noise = named_target(options.target), named_target(options.noise_target)
    return Figures(
        dtype,
        size,
        survivals,
        next((one for one in survivals if one.target == judged), None),
        found,
        no_noise,
        next((one for one in found if one.target == judged_noise), None),
        None if no_directions else directions_of(update, options),
        no_directions,
        update.is_cast,
    )


def own_target(update: Update) -> Target:
    """The type in which the tensor is stored."""
    return Target(LAYOUTS[update.here.info.dtype].format, Scale.NONE)


def survivals_of(update: Update, targets: tuple[Target, ...]) -> tuple[Survival, ...]:
    """An update that is not 0 in each of some float formats, in one pass."""
    storing = [
        Storing(one, one.format, update.largest, update.size.largest)
        for one in targets
        if isinstance(one.format, FloatFormat)
    ]
    with ThreadPoolExecutor(update.here.threads, "precisionlab-delta") as pool:
        for changed in update.changed():
            wanted = changed.scaled
            list(pool.map(lambda one, changed=changed, wanted=wanted: one.add(changed, wanted), storing))
    return tuple(one.survival(update.size.squares) for one in storing)


def why_no_matrix(update: Update, options: Options) -> str:
    """Why an update is neither quantized nor taken apart; empty where it is."""
    info = update.here.info
    return ONE_AXIS if len(info.shape) < 2 else too_few(info, "delta", options.min_elements)


def measurements(figures: Figures) -> Iterator[Measurement]:
    """The figures as named numbers."""
    size = figures.size
    yield Measurement(metric("relative_update"), size.relative)
    yield Measurement(metric("numbers", "numbers"), size.n)
    yield Measurement(metric("changed", "numbers"), size.n_changed)
    yield Measurement(metric("changed_share", "share"), size.changed_share)
    yield Measurement(metric("left_out", "numbers"), size.n_left_out)
    yield Measurement(metric("update_norm", ""), size.norm)
    yield Measurement(metric("base_norm", ""), size.base_norm)
    yield Measurement(metric("largest_update", ""), size.largest)
    for one in figures.survivals:
        yield from of_survival(one, size)
    for noise in figures.noises:
        yield from of_noise(noise, figures.directions)
    if figures.directions is not None:
        yield from of_directions(figures.directions)
    if (stored := figures.stored_noise) is not None:
        yield Measurement(metric("stored_noise"), stored)


def of_survival(one: Survival, size: Size) -> Iterator[Measurement]:
    """What is left of an update in a format, and how large it is in steps of it."""
    name, steps = one.target.name, one.steps
    yield Measurement(metric("median_steps", "ulp", format=name), steps.median)
    yield Measurement(metric("below_half_step", "share", format=name), steps.n_below_half / steps.n)
    for way, left in one.left.items():
        yield from of_way(way, left, name, size)


def of_way(way: Way, left: Left, name: str, size: Size) -> Iterator[Measurement]:
    """What is left of an update in a format."""
    labels = {"format": name, "way": way.value}
    yield Measurement(metric("lost", "numbers", **labels), left.n_lost)
    yield Measurement(metric("lost_share", "share", **labels), left.n_lost / size.n_changed)
    yield Measurement(metric("update_error", "1", **labels), left.error)
    if left.cosine is not None:
        yield Measurement(metric("update_cosine", "1", **labels), left.cosine)
    yield Measurement(metric("update_gain", "1", **labels), left.gain)


def of_noise(noise: Noise, directions: Directions | None) -> Iterator[Measurement]:
    """What quantizing does beside an update."""
    name = noise.target.name
    values: Mapping[str, float] = {
        "noise_ratio": noise.ratio,
        "quantized_error": noise.survivor_error / noise.update,
        "adapter_error": noise.adapter / noise.update,
    }
    for key, value in values.items():
        yield Measurement(metric(key, "1", format=name), value)
    if noise.cosine is not None:
        yield Measurement(metric("quantized_cosine", "1", format=name), noise.cosine)
    if noise.whole:
        ways = {"together": noise.together, "base": noise.base, "apart": noise.apart}
        for way, error in ways.items():
            yield Measurement(metric("weight_error", "1", format=name, way=way), error / noise.whole)
    if directions is not None:
        yield Measurement(metric("hidden_energy", "share", format=name), directions.share_below(noise.hiding))


def of_directions(one: Directions) -> Iterator[Measurement]:
    """The singular values of an update."""
    yield Measurement(metric("spectral_norm", ""), float(one.values[0]) * one.unit)
    yield Measurement(metric("stable_rank"), one.stable_rank)
    if one.is_whole:
        yield Measurement(metric("effective_rank"), one.effective_rank)
    yield Measurement(metric("numerical_rank", "directions"), one.numerical_rank)
    yield Measurement(metric("singular_values", "directions"), len(one.values))
    yield Measurement(metric("rounding_edge", ""), one.threshold * one.unit)
    yield Measurement(metric("break_even_rank", "directions"), one.break_even_rank)
    yield Measurement(metric("adapter_numbers", "numbers"), one.numbers_at(one.numerical_rank))
    for rank in RANKS:
        if (share := one.share_at(rank)) is not None:
            yield Measurement(metric("captured_energy", "share", rank=str(rank)), share)
    for energy in ENERGIES:
        if (least := one.rank_at(energy)) is not None:
            yield Measurement(metric("rank", "directions", energy=f"{energy:g}"), least)
