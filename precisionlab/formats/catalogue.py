"""The named formats. Adding one is one entry, with its source."""

from collections.abc import Mapping
from types import MappingProxyType

from precisionlab.formats.records import FloatFormat, Format, IntegerFormat, NaNs

IEEE = "IEEE 754-2019, table 3.5"
OCP_FP8 = "OCP 8-bit Floating Point Specification 1.0 (2023), table 1"
OCP_MX = "OCP Microscaling Formats Specification 1.0 (2023), section 5.3"
FNUZ = "Noune et al., 8-bit Numerical Formats for Deep Neural Networks (2022), arXiv:2206.02915"

FLOATS = (
    FloatFormat("float4_e2m1fn", 2, 1, 1, NaNs.NONE, "FP4 E2M1", OCP_MX),
    FloatFormat("float6_e2m3fn", 2, 3, 1, NaNs.NONE, "FP6 E2M3", OCP_MX),
    FloatFormat("float6_e3m2fn", 3, 2, 3, NaNs.NONE, "FP6 E3M2", OCP_MX),
    FloatFormat("float8_e4m3fn", 4, 3, 7, NaNs.ALL_ONES, "FP8 E4M3", OCP_FP8),
    FloatFormat("float8_e5m2", 5, 2, 15, NaNs.IEEE, "FP8 E5M2", OCP_FP8),
    FloatFormat("float8_e4m3fnuz", 4, 3, 8, NaNs.NEGATIVE_ZERO, "FP8 E4M3 FNUZ", FNUZ),
    FloatFormat("float8_e5m2fnuz", 5, 2, 16, NaNs.NEGATIVE_ZERO, "FP8 E5M2 FNUZ", FNUZ),
    FloatFormat("float8_e8m0fnu", 8, 0, 127, NaNs.ALL_ONES, "E8M0 scale", OCP_MX, signed=False, subnormals=False),
    FloatFormat("float16", 5, 10, 15, NaNs.IEEE, "half precision (binary16)", IEEE),
    FloatFormat(
        "bfloat16", 8, 7, 127, NaNs.IEEE, "bfloat16", "Intel, BFLOAT16 Hardware Numerics Definition 1.0 (2018)"
    ),
    FloatFormat("tfloat32", 8, 10, 127, NaNs.IEEE, "TensorFloat-32", "NVIDIA A100 Tensor Core GPU Architecture (2020)"),
    FloatFormat("float32", 8, 23, 127, NaNs.IEEE, "single precision (binary32)", IEEE),
    FloatFormat("float64", 11, 52, 1023, NaNs.IEEE, "double precision (binary64)", IEEE),
)

INTEGERS = (
    IntegerFormat("bool", 8, signed=False, title="boolean, one a byte", value_bits=1),
    *(IntegerFormat(f"int{bits}", bits, signed=True, title=f"{bits}-bit integer") for bits in (8, 16, 32, 64)),
    *(
        IntegerFormat(f"uint{bits}", bits, signed=False, title=f"unsigned {bits}-bit integer")
        for bits in (8, 16, 32, 64)
    ),
)

ALL: tuple[Format, ...] = (*FLOATS, *INTEGERS)

FORMATS: Mapping[str, Format] = MappingProxyType({format_.name: format_ for format_ in ALL})
"""Every catalogued format by name; the names are those of torch and ml_dtypes, where these have the format."""

FLOAT_FORMATS: Mapping[str, FloatFormat] = MappingProxyType({format_.name: format_ for format_ in FLOATS})
"""The float formats by name, narrow ones first."""
