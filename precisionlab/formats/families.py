"""Formats that are described by a rule with a number in it: P3109, posits, integers."""

from precisionlab.errors import FormatError
from precisionlab.formats.records import FloatFormat, IntegerFormat, NaNs, PositFormat, SignEncoding

P3109 = (
    "IEEE SA P3109 working group, Interim Report on Binary Floating-point Formats for Machine Learning (draft); "
    "values as in gfloat 0.5"
)
POSITS = "Standard for Posit Arithmetic (2022), Posit Working Group"

STANDARD_EXPONENT_BITS = 2
"""Of a posit, since the standard of 2022."""

PREFIXES = {
    SignEncoding.TWOS_COMPLEMENT: "int",
    SignEncoding.SIGN_MAGNITUDE: "sign_magnitude",
    SignEncoding.OFFSET_BINARY: "offset_binary",
}
TITLES = {
    SignEncoding.TWOS_COMPLEMENT: "{}-bit integer",
    SignEncoding.SIGN_MAGNITUDE: "{}-bit sign and magnitude",
    SignEncoding.OFFSET_BINARY: "{}-bit offset binary",
}
SOURCES = {
    SignEncoding.TWOS_COMPLEMENT: "ISO/IEC 9899:2024, clause 6.2.6.2: the sign bit weighs -2^(n-1)",
    SignEncoding.SIGN_MAGNITUDE: "ISO/IEC 9899:2011, clause 6.2.6.2: the sign bit negates the rest",
    SignEncoding.OFFSET_BINARY: "pattern p stands for p - 2^(n-1), as in compressed-tensors' packed weights",
}


def p3109(bits: int, precision: int, *, infinities: bool = True) -> FloatFormat:
    """The signed P3109 format of `bits` bits and `precision` significant bits.

    Bias 2^(bits - precision - 1), one zero, NaN at the pattern of negative zero, and infinities
    at the largest magnitude, unless it is of the finite domain.

    Raises:
        FormatError: there is none.
    """
    name = f"binary{bits}p{precision}{'' if infinities else 'sf'}"
    if not 3 <= bits <= 64 or not 1 <= precision < bits:
        raise FormatError(name, "signed P3109 formats have 3 to 64 bits and a precision of 1 to one bit less")
    nans = NaNs.NEGATIVE_ZERO_AND_INFINITY if infinities else NaNs.NEGATIVE_ZERO
    title = f"P3109 binary{bits} with precision {precision}{'' if infinities else ', finite'}"
    return FloatFormat(name, bits - precision, precision - 1, 1 << (bits - precision - 1), nans, title, P3109)


def posit(bits: int, exponent_bits: int = STANDARD_EXPONENT_BITS) -> PositFormat:
    """The posit of `bits` bits, of the standard unless another exponent size is given."""
    is_standard = exponent_bits == STANDARD_EXPONENT_BITS
    name = f"posit{bits}" if is_standard else f"posit{bits}es{exponent_bits}"
    source = POSITS if is_standard else "Gustafson, Yonemoto, Beating Floating Point at its Own Game (2017)"
    return PositFormat(name, bits, exponent_bits, f"{bits}-bit posit, es = {exponent_bits}", source)


def integer(bits: int, *, signed: bool, encoding: SignEncoding = SignEncoding.TWOS_COMPLEMENT) -> IntegerFormat:
    """The integer format of `bits` bits."""
    if not signed:
        title = f"unsigned {bits}-bit integer"
        return IntegerFormat(f"uint{bits}", bits, signed=False, title=title, source="ISO/IEC 9899:2024, clause 6.2.6.2")
    return IntegerFormat(
        f"{PREFIXES[encoding]}{bits}",
        bits,
        signed=True,
        title=TITLES[encoding].format(bits),
        encoding=encoding,
        source=SOURCES[encoding],
    )
