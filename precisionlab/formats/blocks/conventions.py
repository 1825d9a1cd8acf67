"""The same formats as other runtimes compute them: what each changes in an entry, as a function of the entry.

A name says so by its suffix, `int4_g128_torchao`; what it is without the suffix is its `base`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from precisionlab.errors import FormatError
from precisionlab.formats.blocks.parts import Division, ElementRounding, ScaleRule, ScaleStore, Storing
from precisionlab.formats.blocks.records import BlockFormat
from precisionlab.formats.records import FloatFormat, IntegerFormat

COMPRESSED_TENSORS: Final = "compressed-tensors"
TORCHAO: Final = "torchao"
GGML: Final = "ggml"
DEEPSEEK: Final = "DeepSeek"

GGML_SOURCE: Final = "llama.cpp, ggml-common.h and ggml-quants.c (reference quantizers)"
INTEGERS_OF_TORCHAO: Final = "torchao 0.18, choose_qparams_affine and quantize_affine"
NVFP4_OF_TORCHAO: Final = "arithmetic as in torchao 0.18, nvfp4_quantize with per_tensor_scale"
DEEPSEEK_V3: Final = (
    "DeepSeek-V3 Technical Report (2024), arXiv:2412.19437, section 3.3; arithmetic as in torchao 0.18, "
    "blockwise_fp8_training"
)
MX_OF_COMPRESSED_TENSORS: Final = "arithmetic as in compressed-tensors 0.20"

LEAST_NORMAL: Final = 2.0**-126
"""Smallest normal number of binary32."""
NVFP4_ROW: Final = 64
"""Elements that ggml packs together."""


def as_torchao(single: BlockFormat) -> BlockFormat:
    """Integers multiplied with the reciprocal and rounded before the zero point is added; NVFP4 likewise.

    Raises:
        FormatError: torchao computes it as the entry does, or has nothing like it.
    """
    if single.runtime == COMPRESSED_TENSORS and isinstance(single.element, IntegerFormat):
        return replace(
            entitled(single, TORCHAO, INTEGERS_OF_TORCHAO),
            scale=replace(single.scale, least=LEAST_NORMAL),
            division=Division.STORED_RECIPROCAL,
            rounding=ElementRounding.EVEN_BEFORE_ZERO if single.zero_point else ElementRounding.NEAREST_EVEN,
        )
    if single.scale.storing is Storing.TENSOR_SCALED and isinstance(single.scale.format, FloatFormat):
        least = 2.0**single.scale.format.min_exponent
        return replace(
            entitled(single, TORCHAO, NVFP4_OF_TORCHAO),
            scale=replace(single.scale, storing=Storing.TENSOR_MULTIPLIED, least=least),
            division=Division.RECIPROCAL_OF_BOTH,
        )
    raise no_other(single, TORCHAO)


def as_torchao_without_clipping(single: BlockFormat) -> BlockFormat:
    """Integers of either sign whose scale lets neither the least nor the greatest number lie outside.

    Raises:
        FormatError: they are none.
    """
    found = as_torchao(single)
    if found.rule is not ScaleRule.HALF_RANGE:
        raise no_other(single, TORCHAO)
    return replace(
        found,
        name=f"{single.name}_noclip_torchao",
        title=f"{found.title}, without clipping",
        source=f"{INTEGERS_OF_TORCHAO}, SYMMETRIC_NO_CLIPPING_ERR",
        rule=ScaleRule.NO_CLIPPING,
    )


def as_deepseek(single: BlockFormat) -> BlockFormat:
    """Floats multiplied with a factor in whose reciprocal they are kept.

    Raises:
        FormatError: they are no floats in groups or tiles under a binary32 scale.
    """
    is_scaled = single.runtime == COMPRESSED_TENSORS and single.rule is ScaleRule.LARGEST and single.scale.outer is None
    if not is_scaled or single.extent.columns is None:
        raise no_other(single, DEEPSEEK)
    return replace(entitled(single, DEEPSEEK, DEEPSEEK_V3), rule=ScaleRule.LARGEST_FACTOR, division=Division.FACTOR)


def as_ggml(single: BlockFormat) -> BlockFormat:
    """Floats of 4 bits whose ties go toward zero; NVFP4 without a scale for the tensor.

    Raises:
        FormatError: it is neither MXFP4 nor NVFP4.
    """
    toward = ElementRounding.NEAREST_TOWARD
    if single.name == "mxfp4":
        return replace(
            entitled(single, GGML, GGML_SOURCE),
            title="MXFP4 in ggml: block 32, E8M0 scale by floor of a logarithm in binary32",
            rule=ScaleRule.POWER_FLOOR_OF_LOG,
            rounding=toward,
            padding=single.extent.columns or 1,
        )
    if single.name == "nvfp4":
        return replace(
            entitled(single, GGML, GGML_SOURCE),
            title="NVFP4 in ggml: block 16, E4M3 scale, no tensor scale",
            scale=ScaleStore(single.scale.format, Storing.ROUNDED_UP_AT_HALF),
            rounding=toward,
            padding=NVFP4_ROW,
        )
    raise no_other(single, GGML)


def as_compressed_tensors(single: BlockFormat) -> BlockFormat:
    """MXFP8 E4M3 under a scale that is rounded as if elements were E2M1.

    Raises:
        FormatError: it is no such format.
    """
    if single.name != "mxfp8_e4m3":
        own = f"{single.name}_even" if single.rule is ScaleRule.POWER_FLOOR else single.name
        raise no_other(single, COMPRESSED_TENSORS, own)
    return replace(
        entitled(single, COMPRESSED_TENSORS, MX_OF_COMPRESSED_TENSORS),
        title="MXFP8 E4M3, block 32, E8M0 scale by even with the mantissa of E2M1",
        rule=ScaleRule.POWER_EVEN_E2M1,
    )


def entitled(single: BlockFormat, runtime: str, source: str) -> BlockFormat:
    """An entry under the name, and with the words, of another runtime."""
    return replace(
        single,
        name=suffixed(single, runtime),
        title=f"{single.title}, as in {runtime}",
        source=source,
        runtime=runtime,
        base=single.family,
    )


def suffixed(single: BlockFormat, runtime: str) -> str:
    """The name of an entry with that of a runtime behind it."""
    return f"{single.name}_{runtime.lower().replace('-', '_')}"


def no_other(single: BlockFormat, runtime: str, own: str = "") -> FormatError:
    """The error for an entry that a runtime computes as it is, or as another entry says, or lacks."""
    problem = f"there is no arithmetic of {runtime} beside that of {own or single.name}"
    return FormatError(suffixed(single, runtime), problem, f"write {own or single.name}")


CONVENTIONS: Final[Mapping[str, Callable[[BlockFormat], BlockFormat]]] = {
    "_noclip_torchao": as_torchao_without_clipping,
    "_torchao": as_torchao,
    "_deepseek": as_deepseek,
    "_ggml": as_ggml,
    "_compressed_tensors": as_compressed_tensors,
}
"""By what follows the name of the entry; the longer of two comes first."""
