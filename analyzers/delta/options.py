"""Options of the `delta` analyzer."""

from collections.abc import Iterable
from dataclasses import dataclass

from precisionlab.analysis.options import option
from precisionlab.analysis.quantization.targets import Scale, Target, parse_target, parse_targets
from precisionlab.errors import UsageError
from precisionlab.formats import BlockFormat, FloatFormat


@dataclass(frozen=True, slots=True)
class Options:
    """The formats that an update is to survive, what is computed of its directions, and the thresholds of the rules.

    Raises:
        FormatError: a format does not exist, or tensors are not quantized to it so.
        UsageError: one of `formats` is no signed float, or the scale of an element format is to be searched for.
    """

    formats: tuple[str, ...] = option(
        ("bfloat16", "float16", "float8_e4m3fn", "float8_e5m2"),
        "Formats in which base and sum are stored, each with :none, :amax or :power for its scale.",
    )
    target: str = option("bfloat16", "The one of them that the rule of lost updates judges; empty for none.")
    quantized: tuple[str, ...] = option(
        ("int8_channel", "int4_g128", "nvfp4", "nf4"), "Formats to which base, sum and update are quantized."
    )
    noise_target: str = option("int8_channel", "The one of them that the rule of noise judges; empty for none.")
    lora_rank: int = option(
        64, "Call an update of at most this rank one of the size of an adapter.", minimum=1, maximum=512
    )
    all_values_to: int = option(
        2048,
        "Compute all singular values of updates whose short side is at most this, and the leading ones of others.",
        minimum=1,
        maximum=8192,
    )
    max_elements: int = option(1 << 27, "Look for directions in updates of at most this many elements.", minimum=1)
    min_elements: int = option(64, "Quantize, and look for directions in, updates of at least this many.", minimum=1)
    max_lost_share: float = option(
        0.5, "Report where more than this share of the changed elements loses its update.", minimum=0, maximum=1
    )
    max_update_error: float = option(
        0.5, "Report where the update that is left is off by more than this, relative to the update.", minimum=0
    )
    max_noise_ratio: float = option(
        1.0, "Report where the noise of quantizing is larger than the update by this factor.", minimum=0
    )
    named: int = option(10, "Tell so many of the tensors that lose most.", minimum=1, maximum=1000)
    seed: int = option(0, "Seed of the search for leading singular values.", minimum=0)

    def __post_init__(self) -> None:
        storage_targets(self)
        quantized_targets(self)


def storage_targets(options: Options) -> tuple[Target, ...]:
    """The formats in which base and sum are stored, the judged one among them.

    Raises:
        FormatError: one does not exist.
        UsageError: one is no signed float, or is to have the scale of least squared error.
    """
    targets = parse_targets((*options.formats, *filter(None, (options.target,))))
    for one in targets:
        if not (isinstance(one.format, FloatFormat) and one.format.signed):
            raise UsageError("delta.formats", f"{one.name} is no signed float", "name block formats in delta.quantized")
    return checked("delta.formats", targets)


def quantized_targets(options: Options) -> tuple[Target, ...]:
    """The formats to which base, sum and update are quantized, the judged one among them.

    Raises:
        FormatError: one does not exist, or tensors are not quantized to it so.
        UsageError: one is an element format that is to have the scale of least squared error.
    """
    return checked("delta.quantized", parse_targets((*options.quantized, *filter(None, (options.noise_target,)))))


def checked(option_name: str, targets: Iterable[Target]) -> tuple[Target, ...]:
    """The same targets.

    Raises:
        UsageError: a scale for the whole tensor is to be searched for.
    """
    found = tuple(targets)
    for one in found:
        if not isinstance(one.format, BlockFormat) and one.scale is Scale.MSE:
            raise UsageError(option_name, f"scales of {one.name} are searched for", "take :amax or :power")
    return found


def named_target(name: str) -> Target | None:
    """The target of a name; None of an empty one."""
    return parse_target(name) if name else None
