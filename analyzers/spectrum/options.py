"""Options of the `spectrum` analyzer."""

from dataclasses import dataclass

from precisionlab.analysis.options import option
from precisionlab.analysis.quantization.targets import Scale, Target, parse_target
from precisionlab.errors import UsageError

NULLS = ("gaussian", "shuffled")
"""A rotation keeps all singular values, so it is no null of a spectrum."""


@dataclass(frozen=True, slots=True)
class Options:
    """The format whose rounding noise stands beside, the random matrices, and the thresholds of the rules.

    Raises:
        UsageError: the format's scales are searched for, which is not done here.
        FormatError: there is no such format.
    """

    format: str = option(
        "int4_g128", "Format whose rounding noise Q(W) - W stands beside the spectrum; empty for none."
    )
    nulls: tuple[str, ...] = option(NULLS, "Random matrices that figures stand beside; empty for none.", choices=NULLS)
    draws: int = option(10, "Random matrices of each kind.", minimum=10, maximum=1000)
    sample: int = option(
        512, "Rows and columns, drawn at random, of the part that stands beside random ones.", minimum=16, maximum=4096
    )
    seed: int = option(0, "Seed of the sample and of the random matrices.", minimum=0)
    leading: int = option(
        32,
        "Singular values of matrices whose short side is beyond 8,192, where not all are computed.",
        minimum=1,
        maximum=512,
    )
    min_elements: int = option(64, "Look at tensors of at least this many elements.", minimum=1)
    max_deficient_share: float = option(
        0.1,
        "Report a matrix of which more than this share of the singular values is no more than rounding.",
        minimum=0,
        maximum=1,
    )
    max_hidden_share: float = option(
        0.5,
        "Report a matrix of whose directions the format's noise hides more than this share.",
        minimum=0,
        maximum=1,
    )

    def __post_init__(self) -> None:
        target = self.target
        if target is not None and target.scale is Scale.MSE:
            raise UsageError("spectrum.format", f"scales of {target.name} are searched for", "take :amax or :power")

    @property
    def target(self) -> Target | None:
        """The format with its way to scales; None without one."""
        return parse_target(self.format) if self.format else None
