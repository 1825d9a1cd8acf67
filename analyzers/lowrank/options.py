"""Options of the `lowrank` analyzer."""

from dataclasses import dataclass

from precisionlab.analysis.folding import parse_shape
from precisionlab.analysis.options import option
from precisionlab.analysis.quantization.targets import Scale, parse_targets
from precisionlab.errors import UsageError
from precisionlab.formats import BlockFormat

NULLS = ("gaussian", "shuffled")
"""A rotation keeps what the best low-rank factors lose, so it is no null of them."""
RIVALS = ("int8_channel", "mxfp6_e2m3", "int4_g128", "nvfp4", "int3_g64_asym", "int2_g32_asym")


@dataclass(frozen=True, slots=True)
class Options:
    """What is compared, the random matrices, and the threshold of the rule.

    Raises:
        UsageError: the shape is none, or a format has no scales for blocks, or searches for them.
        FormatError: a format does not exist.
    """

    formats: tuple[str, ...] = option(RIVALS, "Formats whose loss stands beside that of the factors; empty for none.")
    heads: int = option(0, "Attention heads, by which projections are folded to tensors; 0 where not known.", minimum=0)
    reshape: str = option("", "Shape to fold tensors of so many elements to, such as 64x64x256.")
    max_columns: int = option(256, "Columns of the matrix itself that are chosen, at most.", minimum=1, maximum=8192)
    max_folded: int = option(
        1 << 24, "Fold tensors of at most this many elements; larger ones take a minute and more.", minimum=0
    )
    nulls: tuple[str, ...] = option(NULLS, "Random matrices that figures stand beside; empty for none.", choices=NULLS)
    draws: int = option(10, "Random matrices of each kind.", minimum=10, maximum=1000)
    sample: int = option(
        512, "Rows and columns, drawn at random, of the part that stands beside random ones.", minimum=16, maximum=4096
    )
    seed: int = option(0, "Seed of sketches, of the sample and of the random matrices.", minimum=0)
    min_elements: int = option(1024, "Look at tensors of at least this many elements.", minimum=1)
    max_error: float = option(
        0.01,
        "Report a matrix whose factors of this relative error take fewer numbers than it has.",
        minimum=0,
        maximum=1,
    )

    def __post_init__(self) -> None:
        for target in parse_targets(self.formats):
            if not isinstance(target.format, BlockFormat):
                raise UsageError(
                    "lowrank.formats",
                    f"{target.name} has no scales for blocks of its own",
                    "take one such as int8_channel or nvfp4",
                )
            if target.scale is Scale.MSE:
                raise UsageError("lowrank.formats", f"scales of {target.name} are searched for", "take it without :mse")
        parse_shape("lowrank.reshape", self.reshape)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape to fold to; empty for none."""
        return parse_shape("lowrank.reshape", self.reshape)
