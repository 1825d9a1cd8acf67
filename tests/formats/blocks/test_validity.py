"""Parts that do not fit one another make no block format: one line each, never a traceback or a wrong number."""

from dataclasses import replace
from typing import Any

import pytest

from precisionlab.errors import FormatError
from precisionlab.formats import BlockFormat, CodebookFormat, FloatFormat, NaNs, formats
from precisionlab.formats.blocks.catalogue import element
from precisionlab.formats.blocks.parts import (
    TENSOR,
    AffineFit,
    Division,
    ElementRounding,
    Extent,
    ScaleRule,
    ScaleStore,
    Storing,
)
from precisionlab.formats.naming import ELEMENTS

FLOAT32 = ELEMENTS.float("float32")
MXFP4, INT4, Q4_K, Q6_K, NF4, NVFP4 = (
    formats.block(name) for name in ("mxfp4", "int4_g128", "q4_k", "q6_k", "nf4_g64_dq", "nvfp4")
)
FAR = FloatFormat("far", 4, 3, -110, NaNs.ALL_ONES, "far", "here")
BELOW = CodebookFormat("below", 1, (-2.0, -1.0), "below", "here")
ENDLESS = CodebookFormat("endless", 1, (-1.0, float("inf")), "endless", "here")

WRONG: dict[str, tuple[BlockFormat, dict[str, Any], str]] = {
    "posit": (MXFP4, {"element": ELEMENTS["posit8"]}, "an element that is a float, an integer or a table"),
    "name for element": (INT4, {"element": "int4"}, "an element that is a float, an integer or a table"),
    "name for scale": (INT4, {"scale": "float32"}, "and a ScaleStore"),
    "wide": (INT4, {"element": ELEMENTS["int16"]}, "at most 8 bits, not 16"),
    "unsigned float": (MXFP4, {"element": ELEMENTS["e8m0"]}, "no signed float with subnormals"),
    "far float": (MXFP4, {"element": FAR}, "exponents from -126 to 100"),
    "table below 0": (NF4, {"element": BELOW}, "one above 0 and one that is not"),
    "endless table": (NF4, {"element": ENDLESS}, "finite numbers"),
    "no elements": (INT4, {"extent": Extent(1, 0)}, "a whole number of elements along an axis"),
    "part of an element": (INT4, {"extent": Extent(1, 2.5)}, "a whole number of elements along an axis"),  # type: ignore[arg-type]
    "no padding": (Q4_K, {"padding": 0}, "a multiple of a whole number"),
    "far exponent": (MXFP4, {"element_exponent": 500}, "2^-32 to 2^32"),
    "signed by tensor": (formats.block("q4_0"), {"extent": TENSOR}, "for blocks of a fixed length in a row"),
    "fit without padding": (Q6_K, {"padding": 1}, "asks for padding to whole blocks"),
    "table rounding": (INT4, {"rounding": ElementRounding.LOWER}, "and they alone, go to the lower"),
    "table by power": (NF4, {"rule": ScaleRule.POWER_FLOOR}, "is not for tables"),
    "codebook fit": (Q6_K, {"rule": ScaleRule.FIT_CODEBOOK}, "is for tables"),
    "half range of floats": (MXFP4, {"rule": ScaleRule.HALF_RANGE}, "for integers of both signs"),
    "signed with minimum": (INT4, {"rule": ScaleRule.SPAN}, "for unsigned integers above a minimum"),
    "unsigned": (INT4, {"element": ELEMENTS["uint4"], "rule": ScaleRule.LARGEST}, "all negative numbers become 0"),
    "minimum left out": (Q4_K, {"minimum": None}, "blocks have a minimum by the rules SPAN and FIT_AFFINE"),
    "minimum too many": (INT4, {"minimum": ScaleStore(FLOAT32)}, "blocks have a minimum by the rules"),
    "zero point left out": (INT4, {"rule": ScaleRule.RANGE}, "a zero point by the rule RANGE"),
    "zero point too many": (INT4, {"zero_point": True}, "a zero point by the rule RANGE"),
    "fit left out": (Q4_K, {"fit": None}, "needs a fit"),
    "fit too many": (INT4, {"fit": AffineFit(0, 1, is_absolute=False)}, "needs a fit"),
    "integer scale": (INT4, {"scale": ScaleStore(element("int8"))}, "scales that are rounded are floats"),
    "outer for rounded": (
        INT4,
        {"scale": ScaleStore(FLOAT32, outer=FLOAT32)},
        "goes with TENSOR_SCALED and TENSOR_MULTIPLIED",
    ),
    "no outer": (NVFP4, {"scale": replace(NVFP4.scale, outer=None)}, "goes with TENSOR_SCALED and TENSOR_MULTIPLIED"),
    "narrow outer": (NVFP4, {"scale": replace(NVFP4.scale, outer=ELEMENTS.float("bf16"))}, "is in binary32"),
    "float in super-block": (Q4_K, {"scale": replace(Q4_K.scale, format=FLOAT32)}, "are unsigned integers"),
    "unsigned in signed": (Q6_K, {"scale": replace(Q6_K.scale, format=element("uint8"))}, "are signed integers"),
    "negative span": (Q6_K, {"scale": replace(Q6_K.scale, span=-16)}, "a whole number of scales"),
    "minimum of another span": (Q4_K, {"minimum": replace(Q4_K.scale, span=4)}, "minima are stored as scales are"),
    "minimum stored otherwise": (Q4_K, {"minimum": ScaleStore(FLOAT32)}, "minima are stored as scales are"),
    "rows for true": (INT4, {"extent": Extent(1, True)}, "a whole number of elements along an axis"),
    "signed in a tensor": (
        formats.block("q4_0"),
        {"scale": ScaleStore(ELEMENTS.float("e4m3fn"), Storing.TENSOR_SCALED, FLOAT32)},
        "scales that the tensor does not share",
    ),
    "signed and long": (formats.block("q4_0"), {"extent": Extent(1, 1 << 20)}, "at most 65536"),
    "span of 3": (Q6_K, {"scale": replace(Q6_K.scale, span=3)}, "padding to whole ones"),
    "even before no zero point": (INT4, {"rounding": ElementRounding.EVEN_BEFORE_ZERO}, "for blocks with a zero point"),
    "integers toward zero": (INT4, {"rounding": ElementRounding.NEAREST_TOWARD}, "is for floats"),
    "floats away from zero": (MXFP4, {"rounding": ElementRounding.NEAREST_AWAY}, "floats in blocks are not rounded"),
    "no clipping of floats": (MXFP4, {"rule": ScaleRule.NO_CLIPPING}, "for integers of both signs"),
    "factor left out": (MXFP4, {"division": Division.FACTOR}, "by the rule LARGEST_FACTOR, and by it alone"),
    "factor too many": (MXFP4, {"rule": ScaleRule.LARGEST_FACTOR}, "by the rule LARGEST_FACTOR, and by it alone"),
    "both reciprocals": (NVFP4, {"division": Division.RECIPROCAL_OF_BOTH}, "goes with TENSOR_MULTIPLIED alone"),
    "other scales rounded as E4M3": (
        INT4,
        {"scale": ScaleStore(FLOAT32, Storing.ROUNDED_UP_AT_HALF)},
        "rounded up at half are in E4M3",
    ),
    "least below 0": (INT4, {"scale": ScaleStore(FLOAT32, least=-1.0)}, "the smallest scale is a number of the format"),
    "least beyond all": (MXFP4, {"scale": replace(NVFP4.scale, least=500.0)}, "is a number of the format"),
    "least of integers": (Q6_K, {"scale": replace(Q6_K.scale, least=1.0)}, "is a number of the format"),
    "least of scaled scales": (NVFP4, {"scale": replace(NVFP4.scale, least=1.0)}, "have no smallest one"),
    "least of either sign": (
        formats.block("q4_0"),
        {"scale": ScaleStore(FLOAT32, least=1.0)},
        "scales of either sign have no smallest one",
    ),
    "centred integers": (NF4, {"scale": replace(NF4.scale, format=element("int8"))}, "are entries of a table"),
}


@pytest.mark.parametrize("name", WRONG)
def test_parts_that_do_not_fit_are_refused(name: str) -> None:
    """By the constructor, which says what is wrong."""
    base, changes, problem = WRONG[name]
    with pytest.raises(FormatError) as caught:
        replace(base, **changes)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_parts_of_one_s_own_make_formats() -> None:
    """A record with other parts than the catalogue's."""
    mine = replace(Q6_K, name="mine", scale=ScaleStore(element("int8"), Storing.SIGNED_SUPER_BLOCK, FLOAT32, 8))
    assert mine.bits_per_weight == 6 + 8 / 16 + 32 / 128
    assert replace(MXFP4, name="wide", extent=Extent(1, 48)).bits_per_weight == 4 + 8 / 48
