"""Which formats each runtime stores weights in: data, with what the runtime calls them and where it computes otherwise.

Listed are formats whose arithmetic is that runtime's own (docs/formats.md tells whose is whose) and, marked, those
that it has under another arithmetic. A name in braces stands for a number: `int{bits}_g{size}` is a family.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache

from precisionlab.analysis.quantization.targets import parse_target
from precisionlab.errors import UsageError

NUMBERS = {"bits": "[2-8]", "size": r"[1-9]\d*", "rows": r"[1-9]\d*", "columns": r"[1-9]\d*"}
"""What the names in braces stand for, as regular expressions."""


@dataclass(frozen=True, slots=True)
class Support:
    """A format, or a family of them, that a runtime stores weights in."""

    pattern: str
    """A target's name, in which a name in braces stands for a number."""
    called: str
    """What the runtime calls it."""
    differs: str = ""
    """Where its numbers, or what it does besides, are not those of the catalogue."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """Something that runs quantized models, or makes them."""

    name: str
    source: str
    """The versions that were looked at."""
    formats: tuple[Support, ...]


def searched(families: Iterable[Support]) -> tuple[Support, ...]:
    """The same with the scales that `mse` finds."""
    differs = "the mse observer searches scales of its own"
    return tuple(Support(f"{family.pattern}:mse", f"{family.called}, observer mse", differs) for family in families)


COMPRESSED_SYMMETRIC = (
    Support("int{bits}_tensor", "int, num_bits {bits}, strategy tensor"),
    Support("int{bits}_channel", "int, num_bits {bits}, strategy channel"),
    Support("int{bits}_g{size}", "int, num_bits {bits}, strategy group, group_size {size}"),
    Support("fp8_e4m3_tensor", "float, num_bits 8, strategy tensor"),
    Support("fp8_e4m3_channel", "float, num_bits 8, strategy channel"),
    Support("fp8_e4m3_g{size}", "float, num_bits 8, strategy group, group_size {size}"),
    Support("fp8_e4m3_{rows}x{columns}", "float, num_bits 8, strategy block, block_structure [{rows}, {columns}]"),
)
COMPRESSED_ASYMMETRIC = (
    Support("int{bits}_tensor_asym", "int, num_bits {bits}, strategy tensor, asymmetric"),
    Support("int{bits}_channel_asym", "int, num_bits {bits}, strategy channel, asymmetric"),
    Support("int{bits}_g{size}_asym", "int, num_bits {bits}, strategy group, group_size {size}, asymmetric"),
)
ROUNDED_TO_BINARY32 = "the scale, and numbers over it, are rounded to binary32 before they become elements"
ROUNDED_AMAX = "amax is rounded to the mantissa of E2M1 before its exponent is taken"
COMPRESSED_TENSORS = Runtime(
    "compressed-tensors",
    "compressed-tensors 0.20.0 and 0.19.0, llm-compressor 0.14.0.1",
    (
        *COMPRESSED_SYMMETRIC,
        *COMPRESSED_ASYMMETRIC,
        Support("nvfp4", "NVFP4A16", "q, k and v, and gate and up, share the scale of the tensor in llm-compressor"),
        Support("mxfp4_even", "MXFP4A16"),
        Support("mxfp8_e4m3_compressed_tensors", "MXFP8A16"),
        Support("mxfp4", "MXFP4A16", f"{ROUNDED_AMAX}, as in mxfp4_even"),
        Support("mxfp8_e4m3_even", "MXFP8A16", ROUNDED_AMAX),
        Support("mxfp8_e4m3", "MXFP8A16", ROUNDED_AMAX),
        Support("float8_e4m3fn:amax", "float, num_bits 8, strategy tensor", ROUNDED_TO_BINARY32),
        *searched(family for family in COMPRESSED_SYMMETRIC if not family.pattern.endswith("_tensor")),
    ),
)

FLOAT8 = "Float8WeightOnlyConfig"
ZEROS = "a channel, group or tensor of zeros alone becomes NaN"
LEAST_INT8_SCALE = "scales are at least 2^-23"
RECIPROCAL = "numbers are multiplied with the reciprocal of the scale"
ZERO_POINT = f"{RECIPROCAL}, and rounded before the zero point is added"
NO_SMALL_SCALES = "scales of blocks are at least 2^-6, and both scales are multiplied first"
MX = "MXDynamicActivationMXWeightConfig"
MX_DIFFERS = "activations are quantized too, and the model must be bfloat16"
TORCHAO = Runtime(
    "torchao",
    "torchao 0.18.0 (MX and NVFP4: prototype)",
    (
        *(Support(f"fp8_{kind}_tensor", f"{FLOAT8}, PerTensor", ZEROS) for kind in ("e4m3", "e5m2")),
        *(Support(f"fp8_{kind}_channel", f"{FLOAT8}, PerRow", ZEROS) for kind in ("e4m3", "e5m2")),
        *(Support(f"fp8_{kind}_g{{size}}", f"{FLOAT8}, PerGroup({{size}})", ZEROS) for kind in ("e4m3", "e5m2")),
        *(
            Support(f"{name}:amax", f"{FLOAT8}, PerTensor", f"{ROUNDED_TO_BINARY32}; {ZEROS}")
            for name in ("float8_e4m3fn", "float8_e5m2")
        ),
        Support("int8_tensor_torchao", "Int8WeightOnlyConfig, PerTensor", LEAST_INT8_SCALE),
        Support("int8_channel_torchao", "Int8WeightOnlyConfig, PerRow", LEAST_INT8_SCALE),
        Support("int8_g{size}_torchao", "Int8WeightOnlyConfig, PerGroup({size})", LEAST_INT8_SCALE),
        *(
            Support(f"int{{bits}}_{extent}{kind}_torchao", f"IntxWeightOnlyConfig, int{{bits}}, {called}{mapping}")
            for extent, called in (("channel", "PerAxis(0)"), ("g{size}", "PerGroup({size})"))
            for kind, mapping in (("", ""), ("_asym", ", ASYMMETRIC"), ("_noclip", ", SYMMETRIC_NO_CLIPPING_ERR"))
        ),
        Support("int8_tensor", "Int8WeightOnlyConfig, PerTensor", RECIPROCAL),
        Support("int8_channel", "Int8WeightOnlyConfig, PerRow", RECIPROCAL),
        Support("int8_g{size}", "Int8WeightOnlyConfig, PerGroup({size})", RECIPROCAL),
        Support("int{bits}_channel", "IntxWeightOnlyConfig, int{bits}, PerAxis(0)", RECIPROCAL),
        Support("int{bits}_g{size}", "IntxWeightOnlyConfig, int{bits}, PerGroup({size})", RECIPROCAL),
        Support("int{bits}_channel_asym", "IntxWeightOnlyConfig, int{bits}, PerAxis(0), ASYMMETRIC", ZERO_POINT),
        Support("int{bits}_g{size}_asym", "IntxWeightOnlyConfig, int{bits}, PerGroup({size}), ASYMMETRIC", ZERO_POINT),
        Support("nvfp4_torchao", "NVFP4WeightOnlyConfig"),
        Support("nvfp4_plain", "NVFP4WeightOnlyConfig, no tensor scale"),
        Support("nvfp4", "NVFP4WeightOnlyConfig", NO_SMALL_SCALES),
        *(
            Support(f"{element}{rule}", f"{MX}, {(rule or '_floor').strip('_').upper()}", MX_DIFFERS)
            for element in ("mxfp8_e4m3", "mxfp8_e5m2", "mxfp4")
            for rule in ("", "_ceil", "_even", "_rceil")
        ),
    ),
)

K_QUANTS = tuple(f"q{bits}_k" for bits in (6, 5, 4, 3, 2))
GGML_FORMATS = ("q8_0", *K_QUANTS, "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl", "tq2_0", "tq1_0")
LLAMA_CPP = Runtime(
    "llama.cpp",
    "llama.cpp 007dbbf3 (llama-quantize without importance matrix), ggml 0.25.3, gguf 0.19.0",
    (
        *(Support(name, name.upper()) for name in GGML_FORMATS),
        Support("mxfp4_ggml", "MXFP4"),
        Support("nvfp4_ggml", "NVFP4"),
        Support("mxfp4", "MXFP4", "ties go toward zero"),
        Support("bfloat16:none", "BF16", "what is too large becomes infinity"),
        Support("float16:none", "F16", "what is too large becomes infinity"),
        Support("float32:none", "F32"),
    ),
)

BITSANDBYTES = Runtime(
    "bitsandbytes",
    "bitsandbytes 0.50.2 on CPUs, through transformers 5.24.0",
    (
        Support("nf4_g64", "nf4"),
        Support("nf4_g64_dq", "nf4, double quantization"),
        Support("bnb_fp4_g64", "fp4"),
        Support("bnb_fp4_g64_dq", "fp4, double quantization"),
        Support("int8_channel", "LLM.int8()", "scales are amax / 127, and activations are quantized too"),
    ),
)

RUNTIMES = (COMPRESSED_TENSORS, TORCHAO, LLAMA_CPP, BITSANDBYTES)


def runtime_named(name: str) -> Runtime:
    """The runtime of a name.

    Raises:
        UsageError: there is none.
    """
    by_name = {runtime.name: runtime for runtime in RUNTIMES}
    if name not in by_name:
        nearest = get_close_matches(name, by_name, n=1, cutoff=0.5)
        hint = f"; did you mean {nearest[0]}?" if nearest else ""
        raise UsageError(name, "is no runtime", f"use one of {' '.join(by_name)}{hint}")
    return by_name[name]


def supported(runtime: str) -> tuple[str, ...]:
    """The names and families that a runtime stores weights in: `q4_k`, `int{bits}_g{size}`.

    Raises:
        UsageError: there is no such runtime.
    """
    return tuple(support.pattern for support in runtime_named(runtime).formats)


def supports(runtime: str, target_name: str) -> bool:
    """Whether a runtime stores weights in a format, by any of its names.

    Raises:
        UsageError: there is no such runtime.
        FormatError: there is no such format.
    """
    return support_for(runtime, target_name) is not None


def support_for(runtime: str, target_name: str) -> Support | None:
    """What a runtime calls a format, with the numbers of a family filled in; None where it lacks it.

    Raises:
        UsageError: there is no such runtime.
        FormatError: there is no such format.
    """
    name = parse_target(target_name).name
    for support in runtime_named(runtime).formats:
        match = expression(support.pattern).fullmatch(name)
        if match:
            return replace(support, pattern=name, called=support.called.format(**match.groupdict()))
    return None


@lru_cache(maxsize=256)
def expression(pattern: str) -> re.Pattern[str]:
    """The names of a family, with its numbers as named groups."""
    parts = re.split(r"\{(\w+)\}", pattern)
    texts = (f"(?P<{part}>{NUMBERS[part]})" if i % 2 else re.escape(part) for i, part in enumerate(parts))
    return re.compile("".join(texts), re.ASCII)
