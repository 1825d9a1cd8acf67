"""The figures of the `symmetry` analyzer."""

from collections.abc import Iterator, Mapping, Sequence

from analyzers.symmetry.kernels import Kernels
from analyzers.symmetry.measuring import Figures
from analyzers.symmetry.mixers import Mixer, white_z
from analyzers.symmetry.naming import Beside
from analyzers.symmetry.options import Options
from analyzers.symmetry.orthogonality import ORTHOGONAL, Orthogonality
from analyzers.symmetry.twins import KINDS, Twins
from precisionlab.analysis.figures import Axis, Cell, Column, Figure, PointGroup, Scatter, Table

ROW_COLUMNS = (Column("row"), Column("is"), Column("row"), Column("factor"))
SAVING_COLUMNS = (Column("symmetry"), Column("numbers to store"), Column("of the elements", "share"))


def draw(figures: Figures, options: Options) -> Iterator[Figure]:
    """Symmetries of kernels, closeness of a matrix to families, rows that are multiples of others, and what that saves."""
    if figures.kernels is not None:
        yield from kernel_figures(figures.kernels, options)
    if figures.mixer is not None:
        yield from mixer_tables(figures.mixer, figures.orthogonality, options)
    elif figures.orthogonality is not None:
        yield orthogonality_table(figures.orthogonality)
    if figures.twins is not None and figures.twins.named:
        yield twins_table(figures.twins)
    if figures.savings:
        rows = tuple((one.words, one.n_numbers, one.n_numbers / figures.n_elements) for one in figures.savings)
        yield Table("Exact symmetries, and the numbers that they leave to store", SAVING_COLUMNS, rows)


def kernel_figures(kernels: Kernels, options: Options) -> Iterator[Figure]:
    """Residuals by element, energies by irreducible part, and these beside white noise's."""
    beside = {(one.label, one.of): one for one in kernels.beside}
    group, moved = kernels.group, kernels.moved
    drawn = null_words(kernels.beside, options)
    of = f", {kernels.n_drawn:,} of {kernels.n_kernels:,} kernels drawn" if kernels.n_drawn < kernels.n_kernels else ""
    rows = tuple(
        (
            element.name,
            moved.residual(i),
            kernels.expected_residual(i),
            *null_cells(beside.get(("element", element.name)), kernels.beside),
        )
        for i, element in enumerate(group.elements)
        if i > 0
    )
    columns = (Column("taps moved by"), Column("|gW - W| / |W|"), Column("white noise"), *null_columns(kernels.beside))
    yield Table(f"Residuals of {kernels.n_kernels:,} kernels under {group.name}{drawn}{of}", columns, rows)
    expected, shares = group.expected(), moved.shares(group)
    share_rows = tuple(
        (part, shares[part], expected[part], *null_cells(beside.get(("part", part)), kernels.beside)) for part in shares
    )
    share_columns = (
        Column("part"),
        Column("energy", "share"),
        Column("white noise", "share"),
        *null_columns(kernels.beside, "share"),
    )
    yield Table(f"Energy of the irreducible parts of {group.name}{drawn}{of}", share_columns, share_rows)
    yield parts_scatter(group.name, shares, expected)


def parts_scatter(name: str, shares: Mapping[str, float], expected: Mapping[str, float]) -> Scatter:
    """The parts that kernels may have, by the share of white noise; those above the line have more than chance gives."""
    parts = [part for part in shares if expected[part] > 0]
    most = max((*shares.values(), *expected.values()))
    groups = (
        PointGroup(
            "weight", tuple(expected[part] for part in parts), tuple(shares[part] for part in parts), tuple(parts)
        ),
        PointGroup("as white noise", (0.0, most), (0.0, most), is_joined=True),
    )
    title = f"Energy of the irreducible parts of {name} beside white noise"
    return Scatter(title, Axis("share in white noise"), Axis("share of the energy"), groups)


def mixer_tables(mixer: Mixer, orthogonality: Orthogonality | None, options: Options) -> Iterator[Figure]:
    """Closeness of the whole matrix beside white noise, and of a part of it beside random matrices."""
    shape, shares = mixer.sums.shape, mixer.sums.shares()
    rows: list[tuple[Cell, ...]] = [
        (
            family.value,
            shape.dimension(family),
            share,
            shape.white_share(family),
            white_z(mixer, family, share),
            mixer.residual(family),
        )
        for family, share in shares.items()
    ]
    if orthogonality is not None:
        held, white = 1 - orthogonality.residual**2, 1 - orthogonality.expected_residual**2
        rows.append(("multiple of orthogonal", "", held, white, "", orthogonality.residual))
    columns = (
        Column("family"),
        Column("dimension"),
        Column("energy in it", "share"),
        Column("white noise", "share"),
        Column("z"),
        Column("relative distance"),
    )
    yield Table(f"Closeness of {shape.n_rows:,} x {shape.n_columns:,} to equivariant maps", columns, tuple(rows))
    if mixer.beside:
        part = "all of it" if mixer.is_whole else f"a block of {mixer.block[0]:,} x {mixer.block[1]:,}"
        drawn = tuple((one.of, mixer.block_shares[one.of], *null_cells(one, mixer.beside)) for one in mixer.beside)
        of_block = (Column("family"), Column("energy in it", "share"), *null_columns(mixer.beside, "share"))
        yield Table(f"Closeness of {part}{null_words(mixer.beside, options)}", of_block, drawn)


def orthogonality_table(one: Orthogonality) -> Table:
    """How near kernels as a matrix are to multiples of orthogonal ones."""
    columns = (Column("distance from"), Column("relative distance"), Column("white noise"))
    rows: tuple[tuple[Cell, ...], ...] = (
        (f"multiples of {ORTHOGONAL} maps", one.residual, one.expected_residual),
        (f"{ORTHOGONAL} maps: |W^T W - I| / sqrt(n)", one.defect, ""),
    )
    return Table("Outputs by all inputs and taps: distance from orthogonal maps", columns, rows)


def twins_table(twins: Twins) -> Table:
    """The first rows of each kind."""
    n_others = twins.n_duplicate + twins.n_flipped + twins.n_scaled
    told = f"the first {len(twins.named):,} of {n_others:,}" if len(twins.named) < n_others else f"{n_others:,}"
    rows = tuple((twin.row, KINDS[twin.kind], twin.of, twin.factor) for twin in twins.named)
    return Table(f"Rows that are multiples of earlier ones: {told}", ROW_COLUMNS, rows)


def null_words(beside: Sequence[Beside], options: Options) -> str:
    """How many random matrices the figures stand beside."""
    return f", beside {options.draws} random copies (seed {options.seed})" if beside else ""


def null_columns(beside: Sequence[Beside], unit: str = "") -> tuple[Column, ...]:
    """Three columns for each kind of random matrices, in the unit of the figure; a z-score has none."""
    nulls = beside[0].compared if beside else {}
    return tuple(
        column for null in nulls for column in (Column(f"{null.value}, mean", unit), Column("sd", unit), Column("z"))
    )


def null_cells(one: Beside | None, beside: Sequence[Beside]) -> tuple[Cell, ...]:
    """A figure under `null_columns`."""
    if one is None:
        return ("",) * len(null_columns(beside))
    return tuple(number for null in one.compared.values() for number in (null.mean, null.deviation, null.z))
