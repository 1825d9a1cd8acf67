"""Which rules fire for one tensor, and what they say."""

import math
from collections.abc import Iterator

from analyzers.quantization import rules
from analyzers.quantization.channels import Channels, channels_of
from analyzers.quantization.measuring import JUDGED, Figures
from analyzers.quantization.options import Options
from precisionlab.analysis.quantization.grids.records import StoredGrid
from precisionlab.analysis.quantization.sweep import Loss
from precisionlab.analysis.quantization.targets import Scale
from precisionlab.analysis.results import Finding, finding
from precisionlab.analysis.wording import agreeing, listed, percentage
from precisionlab.formats import BlockFormat

NAMED = 5
"""Outlier channels that a message names; the others are counted."""


def judge(name: str, figures: Figures, grid: StoredGrid | None, options: Options) -> tuple[Finding, ...]:
    """Every finding about the tensor `name`, in the order of the rules' codes."""
    return (
        *judge_sqnr(name, figures, options),
        *judge_outliers(name, figures, options),
        *judge_clipping(name, figures, options),
        *judge_grid(name, grid),
    )


def judge_sqnr(name: str, figures: Figures, options: Options) -> Iterator[Finding]:
    """Too much loss in the judged target; where none is named, in `JUDGED` only, for which the threshold is made."""
    loss = figures.judged_loss
    if loss is None or is_destroyed(loss) or not (options.target or loss.target.name == JUDGED):
        yield from judge_destroyed(name, figures)
        return
    sqnr = loss.sums.sqnr_db
    if loss.sums.energy > 0 and not sqnr >= options.min_sqnr_db:
        message = f"{sqnr:.1f} dB in {loss.target.name}, a relative error of {loss.sums.relative_error:.1%}"
        culprits = "".join(f"; {outliers_of(axis, options)}" for axis in spoiling(figures, options))
        yield finding(rules.LOW_SQNR, name, message + culprits, format=loss.target.name, sqnr_db=sqnr)
    yield from judge_destroyed(name, figures)


def judge_destroyed(name: str, figures: Figures) -> Iterator[Finding]:
    """Formats, judged or not, that leave nothing of a tensor."""
    destroyed = [loss for loss in figures.sweep.losses if is_destroyed(loss)]
    if destroyed:
        first = destroyed[0]
        what = "all elements become zero" if math.isfinite(first.sums.squared_error) else "its scales overflow"
        names = listed([loss.target.name for loss in destroyed])
        yield finding(
            rules.LOW_SQNR,
            name,
            f"nothing is left in {names}: {what}",
            format=first.target.name,
            sqnr_db=first.sums.sqnr_db,
        )


def is_destroyed(loss: Loss) -> bool:
    """Whether a format makes zero of all elements, or infinities or NaN of some."""
    sums = loss.sums
    return not math.isfinite(sums.squared_error) or (sums.nonzero > 0 and sums.flushed >= sums.nonzero)


def spoiling(figures: Figures, options: Options) -> Iterator[Channels]:
    """The axes with outlier channels for whose sake all others lose: both under one scale, else that along the rows."""
    has_one_scale = not isinstance(figures.judged.format, BlockFormat)
    for axis in channels_of(figures):
        if (axis.axis == "second" or has_one_scale) and axis.outliers(options.min_outlier_ratio, 1):
            yield axis


def outliers_of(axis: Channels, options: Options) -> str:
    """`channels 300 and 1,201 along the second axis are outliers, up to 91 times the median one`."""
    channels = axis.outliers(options.min_outlier_ratio, len(axis.energies))
    shown = [f"{channel:,}" for channel in channels[:NAMED]]
    if len(channels) > NAMED:
        shown.append(f"{len(channels) - NAMED:,} more")
    noun, verb = (
        agreeing(len(channels), "channel", "channels"),
        agreeing(len(channels), "is an outlier", "are outliers"),
    )
    ratio = f"{agreeing(len(channels), '', 'up to ')}{axis.sizes[channels[0]]:,.3g} times the median one"
    return f"{noun} {listed(shown)} along the {axis.axis} axis {verb}, {ratio}"


def judge_outliers(name: str, figures: Figures, options: Options) -> Iterator[Finding]:
    """The block format that loses most to one of no more bits without blocks."""
    pairs = [
        (blocks, plain)
        for blocks in figures.sweep.losses
        for plain in figures.sweep.losses
        if is_spoilt(blocks, plain, options)
    ]
    if not pairs:
        return
    blocks, plain = max(pairs, key=lambda pair: pair[1].sums.sqnr_db - pair[0].sums.sqnr_db)
    share = blocks.lone_share or 0.0
    message = (
        f"{blocks.target.name} reaches {blocks.sums.sqnr_db:.1f} dB, {plain.target.name} {plain.sums.sqnr_db:.1f} dB: "
        f"one element sets the scale of {percentage(share)} of the blocks"
    )
    yield finding(
        rules.OUTLIERS_SPOIL_BLOCKS,
        name,
        message,
        block_format=blocks.target.name,
        format=plain.target.name,
        lone_share=share,
    )


def is_spoilt(blocks: Loss, plain: Loss, options: Options) -> bool:
    """Whether outliers make a block format lose to one of no more bits under one scale."""
    return (
        isinstance(blocks.target.format, BlockFormat)
        and not isinstance(plain.target.format, BlockFormat)
        and plain.bits <= blocks.bits
        and plain.sums.sqnr_db - blocks.sums.sqnr_db >= options.max_outlier_loss_db
        and (blocks.lone_share or 0.0) > options.max_lone_share
    )


def judge_clipping(name: str, figures: Figures, options: Options) -> Iterator[Finding]:
    """The formats that clip too much; those whose scale is searched for least error do so on purpose."""
    clipping = [
        (loss.sums.clipped_share, loss.target.name)
        for loss in figures.sweep.losses
        if loss.target.scale is not Scale.MSE and loss.sums.clipped_share > options.max_clipped_share
    ]
    if not clipping:
        return
    (share, format_), *others = sorted(clipping, key=lambda one: -one[0])
    rest = "".join(f", {other} {percentage(part)}" for part, other in others)
    message = f"{format_} clips {percentage(share)} of the elements{rest}"
    yield finding(rules.CLIPPED, name, message, format=format_, share=share)


def judge_grid(name: str, grid: StoredGrid | None) -> Iterator[Finding]:
    """A tensor that was quantized before."""
    if grid is None:
        return
    where = {"tensor": "one grid for the tensor", "channel": "a grid for each channel"}.get(
        grid.layout, f"a grid for each group of {grid.group}"
    )
    step = "" if grid.scale is None else f", typical step {grid.scale:.4g}"
    message = f"likely {grid.likely}: {where}, at most {grid.levels:,} levels{step}"
    yield finding(rules.ALREADY_QUANTIZED, name, message, format=grid.likely, levels=grid.levels, share=grid.share)
