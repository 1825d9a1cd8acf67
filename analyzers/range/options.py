"""Options of the `range` analyzer."""

from dataclasses import dataclass

from precisionlab.analysis.options import option

CAST_TARGETS = (
    "float16",
    "bfloat16",
    "tfloat32",
    "float8_e4m3fn",
    "float8_e5m2",
    "float6_e3m2fn",
    "float6_e2m3fn",
    "float4_e2m1fn",
    "int8",
)
"""Formats to which a cast is looked at; each decides every rounding from a binned census."""


@dataclass(frozen=True, slots=True)
class Options:
    """Thresholds of the rules, and the formats to cast to."""

    casts: tuple[str, ...] = option(CAST_TARGETS, "Formats to which a cast is looked at.", choices=CAST_TARGETS)
    max_subnormal_share: float = option(
        0.01, "Report a tensor with more than this share of subnormal elements.", minimum=0, maximum=1
    )
    underflow_format: str = option(
        "float16",
        "Format whose underflows are reported.",
        choices=("float16", "bfloat16", "float8_e5m2", "float8_e4m3fn"),
    )
    max_underflow_share: float = option(
        0.001, "Report more than this share of non-zero elements that a cast would turn to zero.", minimum=0, maximum=1
    )
    max_channel_ratio: float = option(
        16.0, "Report a channel whose largest magnitude exceeds the median channel's by this factor.", minimum=1
    )
    min_channels: int = option(8, "Judge outlier channels only along axes of at least this many channels.", minimum=2)
    min_elements: int = option(
        256,
        "Judge unused precision and integer grids only in tensors of at least this many finite elements.",
        minimum=1,
    )
    min_distinct: int = option(
        32, "Judge unused precision only in tensors of at least this many distinct values.", minimum=2
    )
    grid_bits: int = option(
        8, "Report float tensors that lie on a grid of integers of this many bits.", minimum=3, maximum=16
    )
    min_duplicate_bytes: int = option(1024, "Report equal tensors only of at least this many bytes.", minimum=1)
