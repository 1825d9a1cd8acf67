"""Which rules fire."""

from collections.abc import Iterator

from analyzers.spectrum.measuring import Figures
from analyzers.spectrum.options import Options
from analyzers.spectrum.rules import HIDDEN_DIRECTIONS, RANK_DEFICIENT
from precisionlab.analysis.results import Finding, finding
from precisionlab.analysis.wording import percentage

LEAST_DIRECTIONS = 8
"""Of a matrix of which a share means something."""


def judge(name: str, figures: Figures, options: Options) -> tuple[Finding, ...]:
    """The findings about a matrix whose singular values are all known."""
    if not figures.spectrum.is_whole or len(figures.spectrum.values) < LEAST_DIRECTIONS:
        return ()
    return (*rank_deficient(name, figures, options), *hidden_directions(name, figures, options))


def rank_deficient(name: str, figures: Figures, options: Options) -> Iterator[Finding]:
    """PL311."""
    n_values, n_deficient = len(figures.spectrum.values), figures.deficient
    if n_deficient > options.max_deficient_share * n_values:
        rank, even = n_values - n_deficient, figures.spectrum.break_even_rank
        gain = ": two factors take fewer numbers" if rank < even else ""
        yield finding(
            RANK_DEFICIENT,
            name,
            f"{n_deficient:,} of {n_values:,} singular values are no more than rounding; rank {rank:,}, break-even at {even:,}{gain}",
            rank=rank,
            break_even_rank=even,
            deficient_directions=n_deficient,
        )


def hidden_directions(name: str, figures: Figures, options: Options) -> Iterator[Finding]:
    """PL312."""
    noise = figures.noise
    # Directions that hold nothing are told by PL311.
    if noise is not None and noise.hidden - figures.deficient > options.max_hidden_share * len(noise.values):
        yield finding(
            HIDDEN_DIRECTIONS,
            name,
            f"the noise of {noise.target} hides {noise.hidden:,} of {len(noise.values):,} directions, "
            f"which hold {percentage(noise.hidden_energy)} of the energy",
            hidden_directions=noise.hidden,
            hidden_energy=noise.hidden_energy,
            format=noise.target,
        )
