"""Which rules fire for one tensor, and what they say."""

import math
from collections.abc import Iterator, Sequence

from analyzers.range import rules
from analyzers.range.grids import integer_grid
from analyzers.range.measuring import ChannelFigures, Figures, non_canonical
from analyzers.range.options import Options
from precisionlab.analysis.results import Finding, finding
from precisionlab.analysis.wording import agreeing, listed, part_of, percentage
from precisionlab.formats import STORED_FORMATS, FloatFormat

AXES = {0: "first axis", 1: "second axis"}


def judge(name: str, figures: Figures, options: Options) -> tuple[Finding, ...]:
    """Every finding about the tensor `name`, in the order of the rules' codes."""
    judgements = (
        judge_specials(name, figures),
        judge_channels(name, figures, options),
        judge_casts(name, figures, options),
        judge_precision(name, figures, options),
    )
    return tuple(one for found in judgements for one in found)


def judge_specials(name: str, figures: Figures) -> Iterator[Finding]:
    """NaN, infinity, non-canonical patterns, all zero."""
    census = figures.census
    specials, n = census.specials, census.n_elements
    if specials.nans:
        message = f"{part_of(specials.nans, n, 'element')} {agreeing(specials.nans, 'is', 'are')} NaN"
        if specials.signalling_nans:
            message += f", {specials.signalling_nans:,} of them signalling"
        yield finding(rules.NAN, name, message, nans=specials.nans, signalling_nans=specials.signalling_nans)
    if specials.infinities:
        message = f"{part_of(specials.infinities, n, 'element')} {agreeing(specials.infinities, 'is', 'are')} infinite"
        yield finding(
            rules.INFINITY,
            name,
            message,
            positive=specials.positive_infinities,
            negative=specials.negative_infinities,
            largest_magnitude=census.largest_magnitude,
        )
    if non_canonical(census):
        kinds = (
            (specials.boxed_nans, "NaN-boxed narrower number", ""),
            (specials.payload_nans, "NaN", " with a payload or a clear quiet bit"),
            (specials.non_canonical, "boolean byte", " other than 0 and 1"),
        )
        present = [f"{count:,} {noun}{agreeing(count, '', 's')}{rest}" for count, noun, rest in kinds if count]
        message = listed(present)
        yield finding(
            rules.NON_CANONICAL,
            name,
            message,
            boxed_nans=specials.boxed_nans,
            payload_nans=specials.payload_nans,
            other=specials.non_canonical,
        )
    if is_all_zero(figures):
        yield finding(rules.ALL_ZERO, name, f"all {n:,} elements are zero", elements=n)


def is_all_zero(figures: Figures) -> bool:
    """Whether a float tensor of at least two elements holds only zeros."""
    census = figures.census
    return (
        isinstance(census.format, FloatFormat) and census.n_elements >= 2 and census.specials.zeros == census.n_elements
    )


def judge_channels(name: str, figures: Figures, options: Options) -> Iterator[Finding]:
    """Dead, constant and outlier channels, along either axis."""
    if is_all_zero(figures):
        return
    for channels in figures.channels:
        if channels.dead:
            message = f"{subject(channels.dead, channels)} nothing but zeros"
            yield finding(rules.DEAD_CHANNELS, name, message, axis=channels.axis, channels=len(channels.dead))
    yield from judge_constant_channels(name, figures)
    for channels in figures.channels:
        if channels.n_channels >= options.min_channels and options.max_channel_ratio < channels.amax_ratio < math.inf:
            message = (
                f"channel {channels.largest:,} of {channels.n_channels:,} along the {AXES[channels.axis]} "
                f"reaches {channels.amax_ratio:,.4g} times the median channel's largest magnitude"
            )
            yield finding(
                rules.OUTLIER_CHANNELS,
                name,
                message,
                axis=channels.axis,
                channel=channels.largest,
                ratio=channels.amax_ratio,
            )


def judge_constant_channels(name: str, figures: Figures) -> Iterator[Finding]:
    """Constant channels of a float tensor; one finding where the whole tensor is constant."""
    census = figures.census
    constant = [channels for channels in figures.channels if channels.constant]
    if not isinstance(census.format, FloatFormat) or not census.format.signed or not constant:
        return
    if census.distinct == 1:
        message = f"all {census.n_elements:,} elements are {census.values[0]:.9g}"
        yield finding(rules.CONSTANT_CHANNELS, name, message, elements=census.n_elements, value=float(census.values[0]))
        return
    for channels in constant:
        message = f"{subject(channels.constant, channels)} one number throughout"
        yield finding(rules.CONSTANT_CHANNELS, name, message, axis=channels.axis, channels=len(channels.constant))


def subject(indices: Sequence[int], channels: ChannelFigures, at_most: int = 5) -> str:
    """The subject and verb of a sentence: `channels 5 and 17 of 32 along the first axis hold`."""
    shown = [f"{index:,}" for index in indices[:at_most]]
    if len(indices) > at_most:
        shown.append(f"{len(indices) - at_most:,} more")
    noun, verb = agreeing(len(indices), "channel", "channels"), agreeing(len(indices), "holds", "hold")
    return f"{noun} {listed(shown)} of {channels.n_channels:,} along the {AXES[channels.axis]} {verb}"


def judge_casts(name: str, figures: Figures, options: Options) -> Iterator[Finding]:
    """Subnormals, overflow and underflow on cast."""
    census = figures.census
    if not isinstance(census.format, FloatFormat) or not census.n_elements:
        return
    subnormals = census.specials.subnormals
    if census.format.bits >= 8 and subnormals > options.max_subnormal_share * census.n_elements:
        share = subnormals / census.n_elements
        part, verb = part_of(subnormals, census.n_elements, "element"), agreeing(subnormals, "is", "are")
        message = f"{part} ({percentage(share)}) {verb} subnormal in {census.format.name}"
        yield finding(rules.SUBNORMALS, name, message, subnormals=subnormals, share=share)
    overflows = figures.casts["float16"].overflows
    if overflows:
        part, verb = part_of(overflows, census.n_elements, "element"), agreeing(overflows, "exceeds", "exceed")
        message = f"{part} {verb} float16; the largest magnitude is {census.largest_magnitude:,.4g}"
        yield finding(rules.OVERFLOW, name, message, overflows=overflows, largest_magnitude=census.largest_magnitude)
    target = STORED_FORMATS[options.underflow_format]
    underflows = figures.casts[target.name].underflows
    if target != census.format and underflows > options.max_underflow_share * figures.n_nonzero:
        share = underflows / figures.n_nonzero
        part, verb = (
            part_of(underflows, figures.n_nonzero, "non-zero element"),
            agreeing(underflows, "becomes", "become"),
        )
        message = f"{part} ({percentage(share)}) {verb} zero in {target.name}"
        yield finding(rules.UNDERFLOW, name, message, underflows=underflows, share=share, format=target.name)


def judge_precision(name: str, figures: Figures, options: Options) -> Iterator[Finding]:
    """Unused precision and integer grids."""
    census = figures.census
    if not isinstance(census.format, FloatFormat) or census.n_finite < options.min_elements:
        return
    saved = census.format.bits - figures.narrowest[0].bits
    has_variety = census.distinct is None or census.distinct >= options.min_distinct
    if saved > 0 and has_variety:
        share = saved / census.format.bits
        names = listed([format_.name for format_ in figures.narrowest])
        message = (
            f"{names} {agreeing(len(figures.narrowest), 'holds', 'hold')} every value of this {census.format.name} "
            f"tensor: {saved} of {census.format.bits} bits ({share:.0%}) hold no information"
        )
        yield finding(rules.UNUSED_PRECISION, name, message, format=names, share=share)
    grid = integer_grid(census, options.grid_bits)
    if grid is not None:
        manner = "exactly" if grid.is_exact else "but for one rounding"
        message = f"every value is an integer of at most ±{grid.levels:,} times {grid.step:.9g}, {manner}"
        yield finding(rules.INTEGER_GRID, name, message, step=grid.step, levels=grid.levels, is_exact=grid.is_exact)
