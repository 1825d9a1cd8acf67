"""Find a format of one number by any of its names, or by a name that spells its fields."""

import difflib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from precisionlab.errors import FormatError
from precisionlab.escaping import printable
from precisionlab.formats.catalogue import ENTRIES
from precisionlab.formats.families import STANDARD_EXPONENT_BITS, integer, p3109, posit
from precisionlab.formats.records import ElementFormat, FloatFormat, NaNs, SignEncoding

MAX_SPELLED_BITS = 64
"""Widest format that a spelled name may have; the catalogue has wider ones under their own names."""

OTHER_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "float4_e2m1fn": ("e2m1fn", "e2m1", "fp4", "fp4_e2m1", "mxfp4_e2m1", "float4_e2m1fn_x2"),
        "float6_e2m3fn": ("e2m3fn", "e2m3", "fp6_e2m3"),
        "float6_e3m2fn": ("e3m2fn", "e3m2", "fp6_e3m2"),
        "float8_e4m3fn": ("e4m3fn", "fp8_e4m3", "fp8_e4m3fn", "f8_e4m3", "f8e4m3fn"),
        "float8_e5m2": ("e5m2", "fp8_e5m2", "f8_e5m2", "f8e5m2"),
        "float8_e4m3fnuz": ("e4m3fnuz", "fp8_e4m3fnuz", "f8e4m3fnuz"),
        "float8_e5m2fnuz": ("e5m2fnuz", "fp8_e5m2fnuz", "f8e5m2fnuz"),
        "float8_e8m0fnu": ("e8m0fnu", "e8m0", "f8_e8m0", "ue8m0"),
        "float8_e3m4": ("e3m4", "fp8_e3m4"),
        "float8_e4m3": ("e4m3",),
        "float8_e4m3b11fnuz": ("e4m3b11fnuz", "float8_e4m3b11"),
        "float16": ("fp16", "f16", "half", "binary16", "e5m10"),
        "bfloat16": ("bf16", "brain", "e8m7"),
        "tfloat32": ("tf32", "tensorfloat32", "e8m10"),
        "float32": ("fp32", "f32", "float", "single", "binary32", "e8m23"),
        "float64": ("fp64", "f64", "double", "binary64", "e11m52"),
        "binary128": ("float128", "fp128", "f128", "quad", "quadruple", "e15m112"),
        "x87_extended": ("x87", "float80", "fp80", "f80", "extended"),
        "fp24": ("amd_fp24", "e7m16"),
        "pxr24": ("pixar_pxr24", "e8m15"),
        "dlfloat16": ("dlfloat", "dlf16"),
        "m7e4": ("fp12_m7e4",),
        "bnb_fp4": ("fp4_bitsandbytes",),
        "af4": ("abnormalfloat4",),
        "nf4": ("normalfloat4",),
        "int8": ("i8", "char"),
        "int16": ("i16", "short"),
        "int32": ("i32", "int"),
        "int64": ("i64", "long", "longlong"),
        "uint8": ("u8", "byte"),
        "uint64": ("ulonglong",),
    }
)
"""What else formats are called: by torch, ml_dtypes, safetensors, LLVM, and in papers."""

AMBIGUOUS_NAMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "float4": ("fp4_e2m1", "bnb_fp4"),
        "fp6": ("fp6_e2m3", "fp6_e3m2"),
        "float6": ("fp6_e2m3", "fp6_e3m2"),
        "fp8": ("fp8_e4m3", "fp8_e5m2"),
        "f8": ("fp8_e4m3", "fp8_e5m2"),
        "float8": ("fp8_e4m3", "fp8_e5m2"),
        "mxfp6": ("mxfp6_e2m3", "mxfp6_e3m2"),
        "mxfp8": ("mxfp8_e4m3", "mxfp8_e5m2"),
    }
)
"""Names that stand for either of two formats in papers and libraries."""

N_SPELLED = 1_024
"""Spelled names that are kept: users give them, so there is no end of them."""

FLOAT_NAME = re.compile(r"(?:float\d*_|fp\d*_)?e(\d{1,4})m(\d{1,4})(?:b(\d{1,6}))?(fnuz|fn|f|)", re.ASCII)
SPELLED_NANS = {"": NaNs.IEEE, "fn": NaNs.ALL_ONES, "fnuz": NaNs.NEGATIVE_ZERO, "f": NaNs.NONE}


class Elements(Mapping[str, ElementFormat]):
    """The catalogued formats of one number by name; a look-up also takes their other names and spelled ones.

    >>> ELEMENTS["half"].name, ELEMENTS["e5m7"].bits, ELEMENTS["int5"].bits
    ('float16', 13, 5)
    """

    def __init__(self) -> None:
        self._entries = {format_.name: format_ for format_ in ENTRIES}
        others = {other: self._entries[name] for name, names in OTHER_NAMES.items() for other in names}
        self._known = {**others, **self._entries}

    def __getitem__(self, name: str) -> ElementFormat:
        """The format of that name.

        Raises:
            KeyError: there is none; `find` says why.
        """
        try:
            return self.find(name)
        except FormatError as error:
            raise KeyError(name) from error

    def find(self, name: object, others: Iterable[str] = ()) -> ElementFormat:
        """The format of that name, in any case, with `-` for `_`, or as `torch.float16`; or that of a dtype.

        Raises:
            FormatError: there is none, or there can be none; the nearest name, of this or of `others`, is suggested.
        """
        name = name_given(name)
        plain = plain_name(name)
        if plain in AMBIGUOUS_NAMES:
            raise FormatError(name, "is ambiguous", f"name {' or '.join(AMBIGUOUS_NAMES[plain])}")
        known = self._known.get(plain)
        found = spelled(plain) if known is None else known
        if found is None:
            raise FormatError(shown(name), "there is no such format", self.suggestion(plain, others))
        return found

    def float(self, name: object) -> FloatFormat:
        """The float format of that name.

        Raises:
            FormatError: there is none.
        """
        found = self.find(name)
        if not isinstance(found, FloatFormat):
            raise FormatError(printable(name_given(name), 60), "is no float format")
        return found

    def suggestion(self, name: str, others: Iterable[str]) -> str:
        """A remedy that names the nearest known name."""
        match = difflib.get_close_matches(name, [*self._known, *others], 1, 0.5)
        syntax = "see 'precisionlab formats', or spell its fields as in e5m7"
        return f"did you mean {match[0]}?" if match else syntax

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def name_given(key: object) -> str:
    """The name that a text is, or that a dtype of torch or numpy has, or a scalar type of numpy or ml_dtypes.

    Neither library is imported: who has a dtype has done so. Python's own types are no formats:
    `float` is binary64, but torch's name for binary32.

    Raises:
        FormatError: it is none of these.
    """
    if isinstance(key, str):
        return key
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    if torch is not None and isinstance(key, torch.dtype):
        return str(key)
    if numpy is not None and isinstance(key, numpy.dtype):
        key = key.type  # its name, unlike the dtype's, does not call the long double of x87 float128
    if numpy is not None and isinstance(key, type) and issubclass(key, numpy.generic):
        return key.__name__
    raise FormatError(
        f"an object of type {type(key).__name__}", "is no name of a format", "give a text, or a dtype of torch or numpy"
    )


def shown(name: str) -> str:
    """A name in a message, also one of which there is nothing to see."""
    return printable(name, 60) if name.strip() else repr(name[:1])


def plain_name(name: str) -> str:
    """A name in lower case, as it is looked up."""
    return name.strip().lower().removeprefix("torch.").replace("-", "_")


@lru_cache(maxsize=N_SPELLED)
def spelled(name: str) -> ElementFormat | None:
    """The format whose fields a name spells, the catalogue's own where it has them; None for other names.

    Raises:
        FormatError: no format can have these fields.
    """
    for pattern, build in SPELLINGS:
        match = pattern.fullmatch(name)
        if match:
            return build(name, match)
    return None


def spelled_float(name: str, match: re.Match[str]) -> ElementFormat:
    """`e5m7`, `e4m3b10f`, `e5m3fn`: exponent bits, mantissa bits, bias, and what the largest patterns are.

    As in ml_dtypes no suffix means infinities and NaNs as in IEEE 754, `fn` finite with a NaN, `fnuz`
    finite with the NaN at negative zero; besides `f` means finite without NaN. The bias is
    2^(exponent bits - 1) - 1, for `fnuz` one more.
    """
    exponent_bits, mantissa_bits, suffix = int(match[1]), int(match[2]), match[4]
    if 1 + exponent_bits + mantissa_bits > MAX_SPELLED_BITS:
        problem = f"has {1 + exponent_bits + mantissa_bits} bits, spelled formats have at most {MAX_SPELLED_BITS}"
        raise FormatError(name, problem)
    usual = (1 << max(0, exponent_bits - 1)) - int(suffix != "fnuz")
    bias = int(match[3]) if match[3] else usual
    title = f"{exponent_bits} exponent and {mantissa_bits} mantissa bits, bias {bias}"
    named = FloatFormat(name, exponent_bits, mantissa_bits, bias, SPELLED_NANS[suffix], title, "fields by name")
    return next((entry for entry in ENTRIES if isinstance(entry, FloatFormat) and is_same(entry, named)), named)


def is_same(one: FloatFormat, other: FloatFormat) -> bool:
    """Whether two formats have the same patterns for the same numbers."""
    return fields(one) == fields(other)


def fields(format_: FloatFormat) -> tuple[object, ...]:
    """All of a float format but its names."""
    is_ordinary = (format_.signed, format_.subnormals, format_.integer_bit, format_.has_zero)
    return (format_.exponent_bits, format_.mantissa_bits, format_.bias, format_.nans, is_ordinary)


def spelled_integer(_: str, match: re.Match[str]) -> ElementFormat:
    """`int5`, `uint12`, `sign_magnitude4`, `offset_binary16`."""
    prefixes = {"sign_magnitude": SignEncoding.SIGN_MAGNITUDE, "offset_binary": SignEncoding.OFFSET_BINARY}
    encoding = prefixes.get(match[1], SignEncoding.TWOS_COMPLEMENT)
    return integer(int(match[2]), signed=match[1] != "uint", encoding=encoding)


def spelled_posit(_: str, match: re.Match[str]) -> ElementFormat:
    """`posit24`, `posit16es1`."""
    return posit(int(match[1]), int(match[2]) if match[2] else STANDARD_EXPONENT_BITS)


def spelled_p3109(_: str, match: re.Match[str]) -> ElementFormat:
    """`binary8p3`, `binary6p2se`, `p3109_k8p3sf`."""
    return p3109(int(match[1]), int(match[2]), infinities=match[3] != "sf")


def spelled_unsigned_p3109(name: str, _: re.Match[str]) -> ElementFormat:
    """`binary8p3ue`, `binary8p3uf`: refused.

    Raises:
        FormatError: always.
    """
    raise FormatError(name, "unsigned P3109 formats are not supported")


SPELLINGS: tuple[tuple[re.Pattern[str], Callable[[str, re.Match[str]], ElementFormat]], ...] = (
    (FLOAT_NAME, spelled_float),
    (re.compile(r"(int|uint|sign_magnitude|offset_binary)(\d{1,4})", re.ASCII), spelled_integer),
    (re.compile(r"posit(\d{1,4})(?:_?es(\d{1,2}))?", re.ASCII), spelled_posit),
    (re.compile(r"(?:binary|p3109_k)(\d{1,3})p(\d{1,3})(se|sf|)", re.ASCII), spelled_p3109),
    (re.compile(r"(?:binary|p3109_k)\d{1,3}p\d{1,3}u[ef]?", re.ASCII), spelled_unsigned_p3109),
)

ELEMENTS = Elements()
"""Every format of one number, by every name."""
