"""The figures of the `bits` analyzer."""

from collections.abc import Iterator

from analyzers.bits.fields import field_of, windows_of
from analyzers.bits.measuring import Figures, entropy
from precisionlab.analysis.figures import Axis, Bars, Cell, Column, Figure, Table
from precisionlab.analysis.notation import hex_pattern

BIT_COLUMNS = (Column("bit"), Column("field"), Column("set", "share"), Column("entropy"))
FLIP_COLUMNS = (
    Column("median"),
    Column("worst"),
    Column("worst for"),
    Column("to inf/NaN", "share"),
)
PATTERN_COLUMNS = (Column("pattern"), Column("value"), Column("count"), Column("share", "share"))
NEAREST_COLUMNS = (
    Column("nearest to"),
    Column("value"),
    Column("pattern"),
    Column("binades left"),
    Column("subnormal"),
    Column("index"),
)


def draw(figures: Figures) -> Iterator[Figure]:
    """Bars and tables; none of an empty tensor, no table without rows."""
    if not figures.census.n_elements:
        return
    yield set_bars(figures)
    yield bit_table(figures)
    if figures.frequent:
        yield pattern_table(figures)
    if figures.extremes.overflow or figures.extremes.underflow:
        yield nearest_table(figures)


def set_bars(figures: Figures) -> Bars:
    """The share of elements that have each bit set, over the fields."""
    windows = windows_of(figures.census.format)
    return Bars(
        "Set bits", Axis("bit, the least significant at the left"), Axis("share set"), 0, 1, figures.set_shares, windows
    )


def bit_table(figures: Figures) -> Table:
    """One row a bit, the most significant first; what never applies has no column."""
    census = figures.census
    columns = list(BIT_COLUMNS)
    if figures.flips:
        columns += FLIP_COLUMNS
        columns += [Column("to finite", "share")] if census.n_finite < census.n_elements else []
        columns += [Column("zero becomes")] if census.specials.zeros else []
    rows = tuple(bit_row(bit, figures) for bit in reversed(range(census.format.bits)))
    return Table("Bits, and the relative change when one flips" if figures.flips else "Bits", tuple(columns), rows)


def bit_row(bit: int, figures: Figures) -> tuple[Cell, ...]:
    """A bit's cells, under the columns of `bit_table`."""
    census, share = figures.census, figures.set_shares[bit]
    row: tuple[Cell, ...] = (bit, field_of(bit, census.format), share, entropy(share))
    if not figures.flips:
        return row
    flip = figures.flips[bit]
    row += (flip.median, flip.worst, flip.worst_value, flip.to_non_finite / census.n_elements)
    if census.n_finite < census.n_elements:
        row += (flip.to_finite / census.n_elements,)
    return (*row, flip.zero) if census.specials.zeros else row


def pattern_table(figures: Figures) -> Table:
    """One row a pattern, the most frequent first."""
    census = figures.census
    rows = (
        (hex_pattern(one.pattern, census.format.bits), one.value, one.count, one.count / census.n_elements)
        for one in figures.frequent
    )
    return Table("Most frequent patterns", PATTERN_COLUMNS, tuple(rows))


def nearest_table(figures: Figures) -> Table:
    """One row an element, those nearest to overflow first."""
    bits = figures.census.format.bits
    ends = (("overflow", figures.extremes.overflow), ("underflow", figures.extremes.underflow))
    rows = (
        (end, near.value, hex_pattern(near.pattern, bits), near.binades, near.is_subnormal, near.index)
        for end, extremes in ends
        for near in extremes
    )
    return Table("Elements nearest to overflow and underflow", NEAREST_COLUMNS, tuple(rows))
