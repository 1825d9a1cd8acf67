"""Names of formats: aliases against the libraries that use them, spelled fields, and what is refused."""

import ml_dtypes
import numpy as np
import pytest
import torch

from precisionlab.errors import FormatError
from precisionlab.formats import STORED_FORMATS, CodebookFormat, FloatFormat, IntegerFormat, NaNs, PositFormat, formats
from precisionlab.formats.naming import AMBIGUOUS_NAMES, ELEMENTS, N_SPELLED, OTHER_NAMES, spelled

TORCH_DTYPES = sorted(
    name
    for name in dir(torch)
    if isinstance(getattr(torch, name), torch.dtype) and not name.startswith(("c", "q", "bc", "bits")) and name != "bit"
)


@pytest.mark.parametrize("name", [name for name in TORCH_DTYPES if name not in {"int1", "uint1"}])
def test_torchs_names_are_known(name: str) -> None:
    """Each real dtype of torch, with and without `torch.`, names a format of its kind and width."""
    format_, dtype = ELEMENTS[name], getattr(torch, name)
    assert format_ is ELEMENTS[f"torch.{name}"] is ELEMENTS[str(dtype)]
    assert isinstance(format_, FloatFormat) == (dtype.is_floating_point or name.startswith("float"))
    if not name.endswith("_x2") and not name[-1:].isdigit():
        assert format_.bits == 8 * dtype.itemsize


@pytest.mark.parametrize(
    "name",
    [
        n
        for n in dir(ml_dtypes)
        if isinstance(getattr(ml_dtypes, n), type)
        and "complex" not in n
        and n not in {"int1", "uint1", "finfo", "iinfo"}
    ],
)
def test_ml_dtypes_names_are_known(name: str) -> None:
    """Each type of ml_dtypes is a format, also without its prefix."""
    format_ = ELEMENTS[name]
    short = name.partition("_")[2]
    assert format_.name == name
    assert not short or ELEMENTS[short] is format_
    if isinstance(format_, FloatFormat):
        assert format_.precision == ml_dtypes.finfo(name).nmant + 1  # type: ignore[no-untyped-call]
    else:
        assert isinstance(format_, IntegerFormat)
        assert format_.maximum == ml_dtypes.iinfo(name).max  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("fp16", "float16"),
        ("half", "float16"),
        ("e5m10", "float16"),
        ("bf16", "bfloat16"),
        ("e8m7", "bfloat16"),
        ("BFloat16", "bfloat16"),
        ("tf32", "tfloat32"),
        ("e8m10", "tfloat32"),
        ("fp8_e4m3", "float8_e4m3fn"),
        ("fp8-e4m3", "float8_e4m3fn"),
        ("e4m3", "float8_e4m3"),
        ("float8_e4m3b11fnuz", "float8_e4m3b11fnuz"),
        ("e4m3b11fnuz", "float8_e4m3b11fnuz"),
        ("e5m2b16fnuz", "float8_e5m2fnuz"),
        ("e2m1f", "float4_e2m1fn"),
        ("e2m1fn", "float4_e2m1fn"),
        ("e7m16", "fp24"),
        ("e8m15", "pxr24"),
        ("e15m112", "binary128"),
        ("double", "float64"),
    ],
)
def test_other_names_lead_to_the_catalogued_format(name: str, canonical: str) -> None:
    """Aliases and spelled fields give the entry itself, not a copy."""
    assert ELEMENTS[name] is ELEMENTS[canonical]
    assert ELEMENTS[name].name == canonical


def test_spelled_fields_make_a_format() -> None:
    """A name that no entry has stands for its fields, with the bias that IEEE 754 gives."""
    format_ = ELEMENTS["e5m7"]
    assert isinstance(format_, FloatFormat)
    assert (format_.bits, format_.exponent_bits, format_.mantissa_bits, format_.bias) == (13, 5, 7, 15)
    assert format_.nans is NaNs.IEEE
    assert ELEMENTS["e5m7"] == format_
    own = ELEMENTS["e4m7b10f"]
    assert isinstance(own, FloatFormat)
    assert (own.bias, own.nans) == (10, NaNs.NONE)


@pytest.mark.parametrize("bits", [2, 3, 5, 12, 33, 64])
def test_families_have_all_widths(bits: int) -> None:
    """Integers in four encodings, posits and P3109 formats of any width."""
    assert {ELEMENTS[f"{kind}{bits}"].bits for kind in ("int", "uint", "sign_magnitude", "offset_binary")} == {bits}
    if bits > 2:
        assert ELEMENTS[f"posit{bits}"].bits == ELEMENTS[f"binary{bits}p{max(1, bits - 4)}"].bits == bits
    posit = ELEMENTS["posit16es1"]
    assert isinstance(posit, PositFormat)
    assert posit.exponent_bits == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bf61", "bf61: there is no such format; did you mean bf16?"),
        ("flaot16", "flaot16: there is no such format; did you mean float16?"),
        ("zzzz", "zzzz: there is no such format; see 'precisionlab formats', or spell its fields as in e5m7"),
        ("e0m5", "e0m5: a float has 1 to 19 exponent bits, not 0"),
        ("e5m0", "e5m0: infinity and NaN need at least 1 mantissa bit to be told apart"),
        ("e20m60", "e20m60: has 81 bits, spelled formats have at most 64"),
        ("e9999m9999", "e9999m9999: has 19999 bits, spelled formats have at most 64"),
        ("int1", "int1: integers have 2 to 64 bits, not 1"),
        ("int65", "int65: integers have 2 to 64 bits, not 65"),
        ("posit99", "posit99: posits have 3 to 64 bits, not 99"),
        ("binary8p8", "binary8p8: signed P3109 formats have 3 to 64 bits and a precision of 1 to one bit less"),
        ("fp8", "fp8: is ambiguous; name fp8_e4m3 or fp8_e5m2"),
        ("Float8", "Float8: is ambiguous; name fp8_e4m3 or fp8_e5m2"),
        ("fp6", "fp6: is ambiguous; name fp6_e2m3 or fp6_e3m2"),
        ("mxfp8", "mxfp8: is ambiguous; name mxfp8_e4m3 or mxfp8_e5m2"),
        ("mxfp6", "mxfp6: is ambiguous; name mxfp6_e2m3 or mxfp6_e3m2"),
        ("binary8p3uf", "binary8p3uf: unsigned P3109 formats are not supported"),
        ("p3109_k8p3ue", "p3109_k8p3ue: unsigned P3109 formats are not supported"),
        ("binary8p3u", "binary8p3u: unsigned P3109 formats are not supported"),
        ("e\uff15m\uff17", "e\uff15m\uff17: there is no such format; did you mean e8m7?"),
        ("int\u0665", "int\u0665: there is no such format; did you mean int?"),
        ("", "'': there is no such format; see 'precisionlab formats', or spell its fields as in e5m7"),
        (
            "a\x1b[31m\nb",
            "a\\x1b[31m\\nb: there is no such format; see 'precisionlab formats', or spell its fields as in e5m7",
        ),
    ],
)
def test_what_is_no_format_is_said_on_one_line(name: str, message: str) -> None:
    """The error names what was given, escaped, and the nearest name or what would be accepted."""
    with pytest.raises(FormatError) as caught:
        ELEMENTS.find(name)
    assert str(caught.value) == message
    assert name not in ELEMENTS
    with pytest.raises(KeyError):
        _ = ELEMENTS[name]


def test_both_meanings_of_ambiguous_names_are_formats() -> None:
    """And the names themselves are none."""
    assert not {*AMBIGUOUS_NAMES} & {*OTHER_NAMES, *ELEMENTS, *formats}
    assert all(len({formats[name] for name in names}) == 2 for names in AMBIGUOUS_NAMES.values())


def test_only_so_many_spelled_names_are_kept() -> None:
    """Names come from users, so there is no end of them."""
    for bias in range(2 * N_SPELLED):
        ELEMENTS.find(f"e5m2b{bias}")
    assert spelled.cache_info().currsize == N_SPELLED


def test_the_catalogue_lists_each_format_once_with_a_source() -> None:
    """Canonical names only when iterating; aliases belong to entries; no alias names two formats."""
    assert len(set(ELEMENTS)) == len(ELEMENTS) == len({id(format_) for format_ in ELEMENTS.values()})
    assert all(format_.name == name and format_.source and format_.title for name, format_ in ELEMENTS.items())
    assert set(OTHER_NAMES) <= set(ELEMENTS)
    others = [other for names in OTHER_NAMES.values() for other in names]
    assert len(others) == len(set(others))
    assert not set(others) & set(ELEMENTS)


def test_stored_formats_are_in_the_catalogue() -> None:
    """What checkpoints store is listed under the same names."""
    assert all(ELEMENTS[name] is format_ for name, format_ in STORED_FORMATS.items())


def test_codebooks_must_fit_their_patterns() -> None:
    """A table longer than its patterns are many is refused."""
    with pytest.raises(FormatError, match="3 values do not fit patterns of 1 bits"):
        CodebookFormat("mine", 1, (0.0, 1.0, 2.0), "", "")
    assert np.isfinite(CodebookFormat("mine", 2, (0.0, 1.0), "", "").values).all()


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"exponent_bits": "5"}, "exponent_bits is a whole number, unlike '5'"),
        ({"mantissa_bits": 5.0}, "mantissa_bits is a whole number, unlike 5.0"),
        ({"bias": None}, "bias is a whole number, unlike None"),
        ({"nans": "IEEE"}, "nans is one of NaNs, unlike 'IEEE'"),
    ],
    ids=str,
)
def test_fields_of_another_kind_are_refused(fields: dict[str, object], problem: str) -> None:
    """By the constructor, in one line."""
    given = {"exponent_bits": 4, "mantissa_bits": 3, "bias": 7, "nans": NaNs.IEEE} | fields
    with pytest.raises(FormatError) as caught:
        FloatFormat("mine", **given, title="", source="")  # type: ignore[arg-type] # the mistake that is tested
    assert problem in str(caught.value)
