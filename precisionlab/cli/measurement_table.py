"""What an analyzer measures as a table in Markdown, with its sources as a numbered list below."""

from collections.abc import Iterable, Sequence

from precisionlab.analysis.definitions import Definition, families

HEAD = "| measurement | meaning | better | source |\n| --- | --- | --- | --- |\n"
DRAWS = (
    "\nAfter the name of a figure, `_mean` and `_sd` are its mean and standard deviation over random draws of each null, and\n"
    "`_z` says by how many of these deviations it lies above that mean{ratio}.\n"
)
RATIO = "; `_ratio` is the figure over the mean"


def measurement_table(definitions: Sequence[Definition]) -> str:
    """A row for every figure, what is measured of its random draws in the same, and the sources that rows give by number."""
    rows = families(definitions)
    sources = {source: number for number, source in enumerate(dict.fromkeys(sources_of(definitions)), 1)}
    drawn = {suffix for row in rows for suffix in row.drawn}
    table = "".join(
        f"| {names(row.definition.name, row.drawn)} | {cell(row.definition.meaning)} | {row.definition.better.value} "
        f"| {sources.get(row.definition.source, '')} |\n"
        for row in rows
    )
    explained = DRAWS.format(ratio=RATIO if "ratio" in drawn else "") if drawn else ""
    listed = "".join(f"{number}. {source}.\n" for source, number in sources.items())
    return f"{HEAD}{table}{explained}" + (f"\nSources:\n\n{listed}" if listed else "")


def sources_of(definitions: Iterable[Definition]) -> Iterable[str]:
    """All that is cited, in the order of the definitions."""
    return (one.source for one in definitions if one.source)


def names(name: str, drawn: Sequence[str]) -> str:
    """A figure's name, and the ends of those of its draws."""
    return ", ".join((f"`{name}`", *(f"`_{suffix}`" for suffix in drawn)))


def cell(text: str) -> str:
    """Words in a table, where a bar would end the cell."""
    return text.replace("|", r"\|")
