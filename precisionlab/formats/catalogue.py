"""The named formats. Adding one is one entry, with its source."""

from collections.abc import Mapping
from types import MappingProxyType

from precisionlab.formats.codebooks import AF4, BINARY, FP4, IQ4_NL, NF4, TERNARY, dynamic_tree
from precisionlab.formats.families import integer, p3109, posit
from precisionlab.formats.records import (
    CodebookFormat,
    ElementFormat,
    FloatFormat,
    Format,
    IntegerFormat,
    NaNs,
    SignEncoding,
)

IEEE = "IEEE 754-2019, table 3.5"
OCP_FP8 = "OCP 8-bit Floating Point Specification (OFP8) 1.0 (2023); Micikevicius et al. (2022), arXiv:2209.05433"
OCP_MX = "OCP Microscaling Formats (MX) Specification 1.0 (2023)"
FNUZ = "Noune et al., 8-bit Numerical Formats for Deep Neural Networks (2022), arXiv:2206.02915"

ML_DTYPES = "ml_dtypes 0.5 (2024), README, Specifications of implemented floating point formats"
B11 = (
    "Sun et al., Hybrid 8-bit Floating Point (HFP8) Training and Inference (NeurIPS 2019); "
    "as in LLVM's S_Float8E4M3B11FNUZ and ml_dtypes"
)
X87 = "Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, section 8.2.2 and table 8-3"
FP24 = (
    "Microsoft, Shader model 3 (HLSL reference): ps_2_0 computes in s16e7; bias 63 as in Mesa's r300 driver; "
    "infinities, NaN and subnormals by the rules of IEEE 754 are an assumption"
)
PXR24 = "OpenEXR, internal_pxr24.c: binary32 rounded to its 24 high bits, ties away from zero, never to infinity"
DLFLOAT = (
    "Agrawal et al., DLFloat: A 16-b Floating Point Format Designed for Deep Learning Training and Inference "
    "(ARITH 2019); patterns as in onnx-mlir, DLF16Conversion.hpp"
)
M7E4 = (
    "Blumenfeld, Hubara, Soudry, Towards Cheaper Inference in Deep Networks with Lower Bit-Width Accumulators "
    "(ICLR 2024), arXiv:2401.14110, for the 12 bits; sign, bias 7 and the absence of subnormals, infinities and NaN "
    "are an assumption"
)
QLORA = "Dettmers et al., QLoRA (2023), arXiv:2305.14314; the table of bitsandbytes 0.50"
BITSANDBYTES = "bitsandbytes 0.50, its FP4 kernels: twelfths, normalised in float32"
YOSHIDA = (
    "Yoshida, NF4 Isn't Information Theoretically Optimal (and that's Good) (2023), arXiv:2306.06965, block size 64; "
    "bitsandbytes numbers the same values downwards"
)
GGML = "llama.cpp, ggml-common.h, kvalues_iq4nl"
DYNAMIC_TREE = (
    "Dettmers et al., 8-bit Optimizers via Block-wise Quantization (2021), arXiv:2110.02861; as in bitsandbytes"
)
BINARYCONNECT = "Courbariaux, Bengio, David, BinaryConnect (2015), arXiv:1511.00363"
BITNET = "Ma et al., The Era of 1-bit LLMs (2024), arXiv:2402.17764"

FLOATS = (
    FloatFormat("float4_e2m1fn", 2, 1, 1, NaNs.NONE, "FP4 E2M1", OCP_MX),
    FloatFormat("float6_e2m3fn", 2, 3, 1, NaNs.NONE, "FP6 E2M3", OCP_MX),
    FloatFormat("float6_e3m2fn", 3, 2, 3, NaNs.NONE, "FP6 E3M2", OCP_MX),
    FloatFormat("float8_e4m3fn", 4, 3, 7, NaNs.ALL_ONES, "FP8 E4M3", OCP_FP8),
    FloatFormat("float8_e5m2", 5, 2, 15, NaNs.IEEE, "FP8 E5M2", OCP_FP8),
    FloatFormat("float8_e4m3fnuz", 4, 3, 8, NaNs.NEGATIVE_ZERO, "FP8 E4M3 FNUZ", FNUZ),
    FloatFormat("float8_e5m2fnuz", 5, 2, 16, NaNs.NEGATIVE_ZERO, "FP8 E5M2 FNUZ", FNUZ),
    FloatFormat(
        "float8_e8m0fnu", 8, 0, 127, NaNs.ALL_ONES, "E8M0 scale", OCP_MX, signed=False, subnormals=False, zero=False
    ),
    FloatFormat("float16", 5, 10, 15, NaNs.IEEE, "half precision (binary16)", IEEE),
    FloatFormat(
        "bfloat16", 8, 7, 127, NaNs.IEEE, "bfloat16", "Intel, BFLOAT16 Hardware Numerics Definition 1.0 (2018)"
    ),
    FloatFormat("tfloat32", 8, 10, 127, NaNs.IEEE, "TensorFloat-32", "NVIDIA A100 Tensor Core GPU Architecture (2020)"),
    FloatFormat("float32", 8, 23, 127, NaNs.IEEE, "single precision (binary32)", IEEE),
    FloatFormat("float64", 11, 52, 1023, NaNs.IEEE, "double precision (binary64)", IEEE),
)

"""The floats that checkpoints store, and TensorFloat-32."""

INTEGERS = (
    IntegerFormat(
        "bool", 8, signed=False, title="boolean, one a byte", value_bits=1, source="NumPy and PyTorch: bytes 0 and 1"
    ),
    *(integer(bits, signed=True) for bits in (8, 16, 32, 64)),
    *(integer(bits, signed=False) for bits in (8, 16, 32, 64)),
)
"""The integers that checkpoints store."""

OTHER_FLOATS = (
    FloatFormat("float8_e3m4", 3, 4, 3, NaNs.IEEE, "FP8 E3M4", ML_DTYPES),
    FloatFormat("float8_e4m3", 4, 3, 7, NaNs.IEEE, "FP8 E4M3 with infinities", ML_DTYPES),
    FloatFormat("float8_e4m3b11fnuz", 4, 3, 11, NaNs.NEGATIVE_ZERO, "FP8 E4M3 B11 FNUZ", B11),
    *(p3109(8, precision) for precision in range(1, 8)),
    FloatFormat("m7e4", 4, 7, 7, NaNs.NONE, "12-bit accumulator M7E4", M7E4, subnormals=False),
    FloatFormat("dlfloat16", 6, 9, 31, NaNs.ALL_ONES, "DLFloat", DLFLOAT, subnormals=False),
    FloatFormat("fp24", 7, 16, 63, NaNs.IEEE, "AMD fp24", FP24),
    FloatFormat("pxr24", 8, 15, 127, NaNs.IEEE, "Pixar PXR24", PXR24),
    FloatFormat("x87_extended", 15, 63, 16383, NaNs.IEEE, "x87 extended", X87, integer_bit=True),
    FloatFormat("binary128", 15, 112, 16383, NaNs.IEEE, "quadruple precision (binary128)", IEEE),
)

POSITS = tuple(posit(bits) for bits in (8, 16, 32))

CODEBOOKS = (
    CodebookFormat("binary", 1, BINARY, "binary weights {-1, +1}", BINARYCONNECT),
    CodebookFormat("ternary", 2, TERNARY, "ternary weights {-1, 0, +1}", BITNET),
    CodebookFormat("nf4", 4, NF4, "NormalFloat NF4", QLORA),
    CodebookFormat("bnb_fp4", 4, FP4, "FP4 of bitsandbytes", BITSANDBYTES),
    CodebookFormat("af4", 4, AF4, "AbnormalFloat AF4", YOSHIDA),
    CodebookFormat("iq4_nl_table", 4, IQ4_NL, "the integers of IQ4_NL", GGML),
    CodebookFormat("dynamic_tree8", 8, dynamic_tree(), "dynamic tree of 8 bits", DYNAMIC_TREE),
)

OTHER_INTEGERS = (
    *(integer(bits, signed=True) for bits in (2, 3, 4)),
    *(integer(bits, signed=False) for bits in (2, 3, 4)),
    integer(8, signed=True, encoding=SignEncoding.SIGN_MAGNITUDE),
    integer(8, signed=True, encoding=SignEncoding.OFFSET_BINARY),
)

STORED: tuple[Format, ...] = (*FLOATS, *INTEGERS)

STORED_FORMATS: Mapping[str, Format] = MappingProxyType({format_.name: format_ for format_ in STORED})
"""The formats in which checkpoints store elements, by the names that torch and ml_dtypes have for them."""

STORED_FLOATS: Mapping[str, FloatFormat] = MappingProxyType({format_.name: format_ for format_ in FLOATS})
"""The stored float formats by name, narrow ones first."""

ENTRIES: tuple[ElementFormat, ...] = (
    *sorted((*FLOATS, *OTHER_FLOATS), key=lambda format_: format_.bits),
    *POSITS,
    *sorted((*INTEGERS, *OTHER_INTEGERS), key=lambda format_: format_.bits),
    *CODEBOOKS,
)
"""Every catalogued format. `naming.ELEMENTS` finds them, and whole families, by name."""
