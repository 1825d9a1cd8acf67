"""Which rules fire for one tensor, and what they say."""

from collections.abc import Iterator

from analyzers.symmetry import rules
from analyzers.symmetry.measuring import Figures
from precisionlab.analysis.results import Finding, finding
from precisionlab.analysis.wording import agreeing, part_of, percentage

FEWEST_COLUMNS = 8
"""Of rows of which one that is the negative of another means something."""


def judge(name: str, figures: Figures) -> tuple[Finding, ...]:
    """Every finding about the tensor `name`, in the order of the rules' codes."""
    return (*judge_rows(name, figures), *judge_symmetry(name, figures))


def judge_rows(name: str, figures: Figures) -> Iterator[Finding]:
    """Rows that are negatives of others."""
    twins = figures.twins
    if twins is None or not twins.n_flipped or twins.n_columns < FEWEST_COLUMNS:
        return
    first = next(twin for twin in twins.named if twin.kind == "flipped")
    verb = agreeing(twins.n_flipped, "is the exact negative", "are exact negatives")
    message = f"{part_of(twins.n_flipped, twins.n_rows, 'row')} {verb} of earlier ones, such as row {first.row} of row {first.of}"
    yield finding(rules.FLIPPED, name, message, flipped_rows=twins.n_flipped, row=first.row, of=first.of)


def judge_symmetry(name: str, figures: Figures) -> Iterator[Finding]:
    """The most saving symmetry other than rows that are multiples of others."""
    saving = next((one for one in figures.savings if one.kind != "rows"), None)
    if saving is None:
        return
    share = saving.n_numbers / figures.n_elements
    message = (
        f"{saving.words}; {part_of(saving.n_numbers, figures.n_elements, 'number')} make it up ({percentage(share)})"
    )
    yield finding(rules.EXACT, name, message, symmetry=saving.kind, numbers=saving.n_numbers, storable_share=share)
