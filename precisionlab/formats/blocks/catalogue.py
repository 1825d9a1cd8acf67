"""The named block formats, and families of them. Adding one is one entry, with its source."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from precisionlab.errors import FormatError
from precisionlab.formats.blocks.conventions import (
    COMPRESSED_TENSORS,
    GGML,
    GGML_SOURCE,
    TORCHAO,
    as_compressed_tensors,
    as_deepseek,
    as_ggml,
    as_torchao,
    as_torchao_without_clipping,
)
from precisionlab.formats.blocks.parts import (
    CHANNEL,
    TENSOR,
    AffineFit,
    BlockElement,
    Division,
    ElementRounding,
    Extent,
    ScaleRule,
    ScaleStore,
    Storing,
    group,
)
from precisionlab.formats.blocks.records import BlockFormat
from precisionlab.formats.naming import ELEMENTS
from precisionlab.formats.records import CodebookFormat, IntegerFormat, PositFormat

OCP_MX_IN_TORCHAO = "OCP MX as in torchao"
OCP_MX = "OCP Microscaling Formats (MX) Specification 1.0 (2023), section 6.3; arithmetic as in torchao 0.18"
MX_RULES = "torchao 0.18, ScaleCalculationMode"
NVFP4 = (
    "NVIDIA, Pretraining Large Language Models with NVFP4 (2025), arXiv:2509.25149; arithmetic as in compressed-tensors"
)
INTEGERS = "arithmetic as in compressed-tensors 0.20 (llm-compressor, vLLM)"
BITSANDBYTES = "Dettmers et al., QLoRA (2023), arXiv:2305.14314; arithmetic as in bitsandbytes 0.50 on CPUs"

MX_BLOCK = 32
SUPER_BLOCK = 256
NESTED_BLOCK = 256
"""Scales of bitsandbytes that share one of the second level."""


def element(name: str) -> BlockElement:
    """A catalogued element format that blocks can be made of.

    Raises:
        FormatError: there is none of that name, or it is a posit.
    """
    found = ELEMENTS.find(name)
    if isinstance(found, PositFormat):
        raise FormatError(found.name, "posits are no elements of blocks")
    return found


BINARY32 = ScaleStore(ELEMENTS.float("float32"))
BINARY16 = ScaleStore(ELEMENTS.float("float16"))
E8M0 = ScaleStore(ELEMENTS.float("float8_e8m0fnu"))
E4M3 = ELEMENTS.float("float8_e4m3fn")

POWER_SUFFIXES = {
    "": ScaleRule.POWER_FLOOR,
    "_ceil": ScaleRule.POWER_CEIL,
    "_even": ScaleRule.POWER_EVEN,
    "_rceil": ScaleRule.POWER_UP,
}
"""What a name says of the rule for E8M0 scales."""

MX_ELEMENTS = {
    "mxfp8_e4m3": "float8_e4m3fn",
    "mxfp8_e5m2": "float8_e5m2",
    "mxfp6_e2m3": "float6_e2m3fn",
    "mxfp6_e3m2": "float6_e3m2fn",
    "mxfp4": "float4_e2m1fn",
    "mxint8": "int8",
}


def microscaling(name: str, suffix: str = "") -> BlockFormat:
    """An MX format: 32 elements under a power of two, chosen by one of four rules."""
    rule = POWER_SUFFIXES[suffix]
    title = f"{name.upper().replace('_', ' ')}, block 32, E8M0 scale by {suffix.strip('_') or 'floor'}"
    made = element(MX_ELEMENTS[name])
    exponent = -6 if isinstance(made, IntegerFormat) else 0
    source = OCP_MX if not suffix else MX_RULES
    return BlockFormat(
        f"{name}{suffix}",
        made,
        group(MX_BLOCK),
        rule,
        E8M0,
        title,
        source,
        element_exponent=exponent,
        runtime=OCP_MX_IN_TORCHAO,
    )


def scaled(name: str, of: BlockElement, extent: Extent, where: str, *, is_asymmetric: bool = False) -> BlockFormat:
    """Elements under a binary32 scale that a tensor, a channel, a group or a tile shares."""
    is_integer = isinstance(of, IntegerFormat)
    rule = ScaleRule.LARGEST
    if is_integer:
        rule = ScaleRule.RANGE if is_asymmetric else ScaleRule.HALF_RANGE
    kind = ", zero point" if is_asymmetric else ""
    is_table = isinstance(of, CodebookFormat)
    return BlockFormat(
        name,
        of,
        extent,
        rule,
        BINARY32,
        f"{of.title}, {where}{kind}, binary32 scale",
        BITSANDBYTES if is_table else INTEGERS,
        zero_point=is_asymmetric,
        division=Division.RECIPROCAL if is_table else Division.STORED,
        rounding=ElementRounding.LOWER if is_table else ElementRounding.NEAREST_EVEN,
        runtime="bitsandbytes" if is_table else COMPRESSED_TENSORS,
    )


def doubly_quantized(single: BlockFormat) -> BlockFormat:
    """The same with scales in 8 bits, less their mean, in blocks of 256.

    Raises:
        FormatError: the elements are no table's, of which alone there are runtimes that do so.
    """
    if not isinstance(single.element, CodebookFormat):
        raise FormatError(f"{single.name}_dq", "only tables are quantized twice", "leave out _dq")
    store = ScaleStore(element("dynamic_tree8"), Storing.CENTRED, outer=ELEMENTS.float("float32"), span=NESTED_BLOCK)
    return replace(single, name=f"{single.name}_dq", scale=store, title=f"{single.title} quantized again to 8 bits")


def k_quant(name: str, of: str, scale: ScaleStore, rule: ScaleRule | AffineFit, size: int) -> BlockFormat:
    """A K-quant: super-blocks of 256 with scales, or scales and minima, that are integers."""
    fit = rule if isinstance(rule, AffineFit) else None
    parts = "scales and minima" if fit else "scales"
    title = f"GGUF {name.upper()}: super-blocks of 256, {SUPER_BLOCK // size} {parts} of {scale.format.bits} bits each"
    return BlockFormat(
        name,
        element(of),
        group(size),
        rule if isinstance(rule, ScaleRule) else ScaleRule.FIT_AFFINE,
        scale,
        title,
        GGML_SOURCE,
        minimum=scale if fit else None,
        fit=fit,
        padding=SUPER_BLOCK,
        runtime=GGML,
    )


def signed_by_reciprocal(name: str, bits: int) -> BlockFormat:
    """A block of 32 whose number of largest magnitude becomes the lowest integer."""
    return BlockFormat(
        name,
        element(f"int{bits}"),
        group(32),
        ScaleRule.SIGNED_LARGEST,
        BINARY16,
        f"GGUF {name.upper()}: block 32, binary16 scale of either sign",
        GGML_SOURCE,
        division=Division.RECIPROCAL,
        rounding=ElementRounding.HALF_UP,
        padding=32,
        runtime=GGML,
    )


def spanned_by_reciprocal(name: str, bits: int) -> BlockFormat:
    """A block of 32 with a scale and a minimum."""
    return BlockFormat(
        name,
        element(f"uint{bits}"),
        group(32),
        ScaleRule.SPAN,
        BINARY16,
        f"GGUF {name.upper()}: block 32, binary16 scale and minimum",
        GGML_SOURCE,
        minimum=BINARY16,
        division=Division.RECIPROCAL,
        rounding=ElementRounding.HALF_UP,
        padding=32,
        runtime=GGML,
    )


def super_scale(name: str, size: int) -> ScaleStore:
    """Integers that a super-block's binary16 number turns into scales."""
    of = element(name)
    storing = Storing.SIGNED_SUPER_BLOCK if isinstance(of, IntegerFormat) and of.signed else Storing.SUPER_BLOCK
    return ScaleStore(of, storing, outer=ELEMENTS.float("float16"), span=SUPER_BLOCK // size)


def ggml_formats() -> Iterator[BlockFormat]:
    """Those of GGUF."""
    by_reciprocal = Division.RECIPROCAL
    yield BlockFormat(
        "q8_0",
        element("int8"),
        group(32),
        ScaleRule.LARGEST,
        BINARY16,
        "GGUF Q8_0: block 32, binary16 scale",
        GGML_SOURCE,
        division=by_reciprocal,
        rounding=ElementRounding.NEAREST_AWAY,
        padding=32,
        runtime=GGML,
    )
    yield k_quant("q6_k", "int6", super_scale("int8", 16), ScaleRule.FIT_SYMMETRIC, 16)
    yield k_quant("q5_k", "uint5", super_scale("uint6", 32), AffineFit(-0.5, 15, is_absolute=False), 32)
    yield k_quant("q4_k", "uint4", super_scale("uint6", 32), AffineFit(-1.0, 20, is_absolute=False), 32)
    yield from (signed_by_reciprocal(f"q{bits}_0", bits) for bits in (5, 4))
    yield from (spanned_by_reciprocal(f"q{bits}_1", bits) for bits in (5, 4))
    yield BlockFormat(
        "iq4_nl",
        element("iq4_nl_table"),
        group(32),
        ScaleRule.FIT_CODEBOOK,
        BINARY16,
        "GGUF IQ4_NL: block 32, a table of unequal steps, binary16 scale",
        GGML_SOURCE,
        division=by_reciprocal,
        rounding=ElementRounding.UPPER,
        padding=32,
        runtime=GGML,
    )
    yield k_quant("q3_k", "int3", super_scale("int6", 16), ScaleRule.FIT_THREE_BITS, 16)
    yield k_quant("q2_k", "uint2", super_scale("uint4", 16), AffineFit(-0.5, 15, is_absolute=True), 16)
    for name, bits in (("tq2_0", Fraction(2)), ("tq1_0", Fraction(13, 8))):
        yield BlockFormat(
            name,
            element("int2"),
            group(SUPER_BLOCK),
            ScaleRule.LARGEST,
            BINARY16,
            f"GGUF {name.upper()}: ternary (-1, 0, 1 of int2), block 256, binary16 scale",
            GGML_SOURCE,
            division=by_reciprocal,
            rounding=ElementRounding.NEAREST_AWAY,
            packed_bits=bits,
            padding=SUPER_BLOCK,
            runtime=GGML,
        )


def nvidia_formats() -> Iterator[BlockFormat]:
    """E2M1 in blocks of 16 under an E4M3 scale."""
    e2m1 = element("float4_e2m1fn")
    two_levels = ScaleStore(E4M3, Storing.TENSOR_SCALED, outer=ELEMENTS.float("float32"))
    title = "NVFP4: block 16, E4M3 scale"
    nvfp4 = BlockFormat(
        "nvfp4",
        e2m1,
        group(16),
        ScaleRule.LARGEST,
        two_levels,
        f"{title}, binary32 tensor scale",
        NVFP4,
        runtime=COMPRESSED_TENSORS,
    )
    plain = BlockFormat(
        "nvfp4_plain",
        e2m1,
        group(16),
        ScaleRule.LARGEST,
        ScaleStore(E4M3, least=2.0**E4M3.min_exponent),
        f"{title} of at least 2^-6, no tensor scale",
        "as in torchao 0.18 without per_tensor_scale",
        division=Division.STORED_RECIPROCAL,
        runtime=TORCHAO,
    )
    yield from (nvfp4, plain, as_torchao(nvfp4), as_ggml(nvfp4))


SHORT_NAMES = {
    "float8_e4m3fn": "fp8_e4m3",
    "float8_e5m2": "fp8_e5m2",
    "float6_e2m3fn": "fp6_e2m3",
    "float6_e3m2fn": "fp6_e3m2",
    "float4_e2m1fn": "fp4_e2m1",
}
"""What elements are called in the names of block formats."""


def grouped(of: str, size: int, *, is_asymmetric: bool = False) -> BlockFormat:
    """Groups along a row; those of tables run on from row to row, as in bitsandbytes."""
    made = element(of)
    short = SHORT_NAMES.get(made.name, made.name)
    extent = group(size, is_flat=isinstance(made, CodebookFormat))
    suffix = "_asym" * is_asymmetric
    return scaled(f"{short}_g{size}{suffix}", made, extent, f"groups of {size}", is_asymmetric=is_asymmetric)


def shared(of: str, where: str, *, is_asymmetric: bool = False) -> BlockFormat:
    """One scale for each channel (an index of the first axis), or one for the tensor."""
    made = element(of)
    extent = TENSOR if where == "tensor" else CHANNEL
    name = f"{SHORT_NAMES.get(made.name, made.name)}_{where}{'_asym' * is_asymmetric}"
    return scaled(name, made, extent, f"by {where}", is_asymmetric=is_asymmetric)


def tiled(of: str, rows: int, columns: int) -> BlockFormat:
    """Tiles of a matrix."""
    made = element(of)
    name = f"{SHORT_NAMES.get(made.name, made.name)}_{rows}x{columns}"
    return scaled(name, made, Extent(rows, columns), f"tiles of {rows}x{columns}")


def all_formats() -> Iterator[BlockFormat]:
    """The catalogue, by family."""
    yield from (microscaling(name) for name in MX_ELEMENTS)
    yield as_compressed_tensors(microscaling("mxfp8_e4m3"))
    yield as_ggml(microscaling("mxfp4"))
    yield from nvidia_formats()
    for where in ("tensor", "channel"):
        yield shared("fp8_e4m3", where)
    yield tiled("fp8_e4m3", 128, 128)
    yield from (as_deepseek(single) for single in (tiled("fp8_e4m3", 128, 128), grouped("fp8_e4m3", 128)))
    for where in ("tensor", "channel"):
        yield from (shared("int8", where, is_asymmetric=is_asymmetric) for is_asymmetric in (False, True))
    yield from (shared("int4", "channel", is_asymmetric=is_asymmetric) for is_asymmetric in (False, True))
    for bits, size in ((8, 128), (4, 32), (4, 64), (4, 128), (3, 64), (3, 128), (2, 32), (2, 64)):
        yield from (grouped(f"int{bits}", size, is_asymmetric=is_asymmetric) for is_asymmetric in (False, True))
    for single in (shared("int8", "channel"), grouped("int4", 32), grouped("int4", 128)):
        yield as_torchao(single)
        yield as_torchao_without_clipping(single)
    yield as_torchao(shared("int8", "channel", is_asymmetric=True))
    yield from (as_torchao(grouped("int4", size, is_asymmetric=True)) for size in (32, 128))
    for table in ("nf4", "bnb_fp4"):
        yield grouped(table, 64)
        yield doubly_quantized(grouped(table, 64))
    yield from ggml_formats()


ENTRIES: tuple[BlockFormat, ...] = tuple(all_formats())
"""Every catalogued block format. `finding.formats` finds them, and whole families, by name."""
