"""The figures of the `quantization` analyzer."""

from collections.abc import Iterator

from analyzers.quantization.channels import Channels, channels_of
from analyzers.quantization.measuring import Figures
from analyzers.quantization.options import Options
from precisionlab.analysis.figures import Cell, Column, Figure, Table
from precisionlab.analysis.quantization.fronts import Point, pareto
from precisionlab.analysis.quantization.sweep import Loss
from precisionlab.formats import BlockFormat
from precisionlab.formats.blocks.records import matrix_shape
from precisionlab.formats.sums import root_ratio

LOSS_COLUMNS = (
    Column("format"),
    Column("bits a weight"),
    Column("SQNR", "dB"),
    Column("relative error"),
    Column("clipped", "share"),
    Column("to zero", "share"),
    Column("lone outliers", "share"),
)
ERROR_COLUMNS = (
    Column("format"),
    Column("largest error"),
    Column("largest relative"),
    Column("output error"),
    Column("arithmetic of"),
)
CHANNEL_COLUMNS = (
    Column("axis"),
    Column("channel"),
    Column("relative error"),
    Column("of all squared error", "share"),
    Column("of all squares", "share"),
    Column("times the median"),
)
BLOCK_COLUMNS = (
    Column("row"),
    Column("columns"),
    Column("relative error"),
    Column("of all squared error", "share"),
)
SHORT_COLUMNS = (
    Column("format"),
    Column("elements of a block"),
    Column("of the last in a row"),
    Column("what is done"),
)
LEFT_OUT_COLUMNS = (Column("format"), Column("why"))


def draw(figures: Figures, options: Options) -> Iterator[Figure]:
    """The tables of all formats, loss against bits, the channels that hurt, and what was not looked at."""
    losses = figures.sweep.losses
    if losses:
        yield Table("Formats", LOSS_COLUMNS, tuple(loss_row(loss, figures) for loss in losses))
        yield error_table(figures)
        points = [Point(one.target.name, one.bits / figures.n_elements, one.sums.sqnr_db) for one in losses]
        yield pareto("Loss against bits", points)
    yield from channel_tables(figures, options)
    yield from block_table(figures)
    short = tuple(short_rows(figures))
    if short:
        yield Table("Blocks that rows do not fill", SHORT_COLUMNS, short)
    left_out = tuple((one.target.name, one.reason) for one in figures.sweep.left_out)
    if left_out:
        yield Table("Formats that were left out", LEFT_OUT_COLUMNS, left_out)


def short_rows(figures: Figures) -> Iterator[tuple[Cell, ...]]:
    """The formats whose blocks do not divide a row, and what their runtimes do with the last one."""
    for loss in figures.sweep.losses:
        format_ = loss.target.format
        if not isinstance(format_, BlockFormat) or format_.extent.columns is None:
            continue
        length = matrix_shape(figures.shape, is_flat=format_.extent.is_flat)[1]
        rest = length % max(format_.extent.columns, format_.padding)
        if rest:
            done = "filled up with zeros" if format_.padding > 1 else "stays short"
            yield loss.target.name, max(format_.extent.columns, format_.padding), rest, done


def block_table(figures: Figures) -> Iterator[Table]:
    """The blocks that lose most in the judged format, where its blocks are parts of a row."""
    loss = figures.judged_loss
    if loss is None or not loss.worst_blocks:
        return
    total = loss.sums.squared_error
    rows = tuple(
        (
            block.row,
            f"{block.start} to {block.stop - 1}",
            root_ratio(block.squared_error, block.energy),
            block.squared_error / total if total else 0.0,
        )
        for block in loss.worst_blocks
    )
    yield Table(f"Blocks that lose most in {loss.target.name}", BLOCK_COLUMNS, rows)


def loss_row(loss: Loss, figures: Figures) -> tuple[Cell, ...]:
    """A format under `LOSS_COLUMNS`."""
    sums = loss.sums
    return (
        loss.target.name,
        loss.bits / figures.n_elements,
        sums.sqnr_db,
        sums.relative_error,
        sums.clipped_share,
        sums.flushed_share,
        or_nan(loss.lone_share),
    )


def error_table(figures: Figures) -> Table:
    """Single errors and what they do; columns of what the files beside the checkpoint give come last."""
    losses = figures.sweep.losses
    extra = (
        (Column("calibrated error"), [figures.calibrated_error(loss) for loss in losses]),
        (Column("weighted loss"), [figures.weighted_loss(loss) for loss in losses]),
    )
    kept = [(column, values) for column, values in extra if any(value is not None for value in values)]
    rows = ((*error_row(loss, figures), *(or_nan(values[i]) for _, values in kept)) for i, loss in enumerate(losses))
    return Table("Errors of elements and outputs", (*ERROR_COLUMNS, *(column for column, _ in kept)), tuple(rows))


def error_row(loss: Loss, figures: Figures) -> tuple[Cell, ...]:
    """A format under `ERROR_COLUMNS`."""
    sums = loss.sums
    return (
        loss.target.name,
        sums.largest_error,
        sums.largest_relative_error,
        figures.output_error(loss),
        loss.target.arithmetic,
    )


def or_nan(value: float | None) -> float:
    """The number, or NaN for none."""
    return float("nan") if value is None else value


def channel_tables(figures: Figures, options: Options) -> Iterator[Table]:
    """The channels of either axis that outdo all others, and those that lose most relative to themselves."""
    axes = tuple(channels_of(figures))
    worst = tuple(channel_row(axis, one) for axis in axes for one in axis.worst(options.channels))
    outliers = tuple(
        channel_row(axis, one) for axis in axes for one in axis.outliers(options.min_outlier_ratio, options.channels)
    )
    for title, rows in (("Outlier channels", outliers), ("Channels that lose most", worst)):
        if rows:
            yield Table(f"{title} in {figures.judged.name}", CHANNEL_COLUMNS, rows)


def channel_row(axis: Channels, channel: int) -> tuple[Cell, ...]:
    """A channel under `CHANNEL_COLUMNS`."""
    total, energy = float(axis.errors.sum()), float(axis.energies.sum())
    return (
        axis.axis,
        channel,
        float(axis.relative_errors[channel]),
        float(axis.errors[channel]) / total if total else 0.0,
        float(axis.energies[channel]) / energy,
        float(axis.sizes[channel]),
    )
