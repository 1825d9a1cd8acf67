"""Options of the `quantization` analyzer."""

from dataclasses import dataclass

from precisionlab.analysis.options import option
from precisionlab.analysis.quantization.targets import parse_target, parse_targets
from precisionlab.formats.neighbours import Neighbour


@dataclass(frozen=True, slots=True)
class Options:
    """What to quantize to, and the thresholds of the rules.

    Raises:
        FormatError: a format does not exist, or tensors are not quantized to it so.
    """

    formats: tuple[str, ...] = option(
        (), "Formats to quantize to, each with :none, :amax, :power or :mse for its scale; none for a set that suits."
    )
    target: str = option(
        "",
        "The format that min_sqnr_db is for and whose channels are told; none for int8_channel, or else the channels "
        "of the first of all.",
    )
    rounding: str = option(
        Neighbour.NEAREST.value,
        "How elements are rounded; drawn ones are told by what is expected of them.",
        choices=tuple(neighbour.value for neighbour in Neighbour),
    )
    min_axes: int = option(2, "Look at tensors of at least this many axes; biases and norms have one.", minimum=0)
    min_elements: int = option(256, "Look at tensors of at least this many elements.", minimum=1)
    min_sqnr_db: float = option(25.0, "Report a tensor that has less than this many dB in the target.")
    max_clipped_share: float = option(
        0.05, "Report a tensor of which a format clips more than this share.", minimum=0, maximum=1
    )
    max_lone_share: float = option(
        0.05,
        "Blame outliers where a single element sets the scale of more than this share of the blocks.",
        minimum=0,
        maximum=1,
    )
    max_outlier_loss_db: float = option(
        3.0, "Report blocks that lose this many dB to a format of one scale and no more bits.", minimum=0
    )
    channels: int = option(
        5,
        "List so many channels along each axis: of those that lose most in the target, and of outliers.",
        minimum=0,
        maximum=100,
    )
    min_outlier_ratio: float = option(
        8.0, "Call channels outliers from this many times the median one's root mean square on.", minimum=1
    )

    def __post_init__(self) -> None:
        parse_targets(self.formats)
        if self.target:
            parse_target(self.target)
