"""What checkpoints store, from other sources than the catalogue: names, and IEEE 754."""

COMPONENTS = {"complex32": "float16", "complex64": "float32", "complex128": "float64"}
"""What complex numbers consist of."""
FIELDS = {
    "float4_e2m1fn": (2, 1),
    "float6_e2m3fn": (2, 3),
    "float6_e3m2fn": (3, 2),
    "float8_e8m0fnu": (8, 0),
    "float8_e4m3fn": (4, 3),
    "float8_e4m3fnuz": (4, 3),
    "float8_e5m2": (5, 2),
    "float8_e5m2fnuz": (5, 2),
    "float16": (5, 10),
    "bfloat16": (8, 7),
    "float32": (8, 23),
    "float64": (11, 52),
}
"""Exponent and mantissa bits, as the formats' names or IEEE 754 say."""
