"""Which rules fire for a tensor: each threshold from just below to just above, and what the messages say."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.range import analyze
from analyzers.range.options import Options
from analyzers.range.rules import RULES
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.wording import agreeing, listed, part_of, percentage

Array = NDArray[Any]
FindingsOf = Callable[..., Mapping[str, str]]
MakeTensor = Callable[..., Tensor]

SUBNORMAL = 2.0**-20
"""In float16."""


def ordinary(n: int, kind: str = "float32") -> Array:
    """Deviates that no rule has anything to say about."""
    return np.random.default_rng(n).normal(0, 0.25, n).astype(getattr(ml_dtypes, kind, kind))


def with_numbers(array: Array, *numbers: float) -> Array:
    """The first elements replaced."""
    copy = array.copy()
    copy.reshape(-1)[: len(numbers)] = np.array(numbers).astype(copy.dtype)
    return copy


def loud_row(ratio: float, n_rows: int = 9) -> Array:
    """Rows whose largest magnitude is 1, but one; so few columns that these are not judged."""
    array = np.random.default_rng(0).uniform(-1, 1, (n_rows, 7)).astype(np.float32)
    rows = np.arange(n_rows)
    array[rows, rows % 7] = np.where(rows == 3, ratio, 1)
    return array


def test_ordinary_tensors_have_no_findings(findings_of: FindingsOf) -> None:
    """The base that the following tests change is clean."""
    for kind in ("float16", "bfloat16", "float32", "float64"):
        assert findings_of(ordinary(4096, kind)) == {}
    assert findings_of(loud_row(1.0)) == {}


def test_the_share_of_subnormals_must_exceed_its_threshold(findings_of: FindingsOf) -> None:
    """3 of 300 are 1 %: no finding at 0.01, one just below."""
    array = with_numbers(ordinary(300, "float16"), *[SUBNORMAL] * 3)
    assert "PL020" not in findings_of(array)
    found = findings_of(array, max_subnormal_share=0.00999)
    assert found["PL020"] == "3 of 300 elements (1.00%) are subnormal in float16"


def test_the_share_of_underflows_must_exceed_its_threshold(findings_of: FindingsOf) -> None:
    """Of the non-zero elements: 2 of 200 are 1 %, whatever zeros there are."""
    array = with_numbers(ordinary(300), *[0.0] * 100, 1e-9, -1e-9)
    assert "PL022" not in findings_of(array, max_underflow_share=0.01)
    found = findings_of(array, max_underflow_share=0.00999)
    assert found["PL022"] == "2 of 200 non-zero elements (1.00%) become zero in float16"


@pytest.mark.parametrize(
    ("format_", "largest_lost"),
    [("float16", 2.0**-25), ("bfloat16", 2.0**-134), ("float8_e5m2", 2.0**-17), ("float8_e4m3fn", 2.0**-10)],
)
def test_underflow_is_judged_in_the_chosen_format(format_: str, largest_lost: float, findings_of: FindingsOf) -> None:
    """Half the smallest number becomes zero, the next number does not."""
    lost, kept = largest_lost, np.nextafter(np.float64(largest_lost), 1)
    assert "PL022" in findings_of(np.array([lost, 1.0]), underflow_format=format_)
    assert "PL022" not in findings_of(np.array([kept, 1.0]), underflow_format=format_)


def test_a_channel_must_exceed_the_ratio(findings_of: FindingsOf) -> None:
    """Sixteen times the median channel is no outlier at 16, and one at 15.99."""
    assert "PL013" not in findings_of(loud_row(16.0))
    assert findings_of(loud_row(16.0), max_channel_ratio=15.99)["PL013"] == (
        "channel 3 of 9 along the first axis reaches 16 times the median channel's largest magnitude"
    )
    assert "reaches 2,000 times" in findings_of(loud_row(2000.0))["PL013"]


def test_outliers_need_enough_channels(findings_of: FindingsOf) -> None:
    """Eight rows are enough by default, seven are not."""
    assert "PL013" in findings_of(loud_row(99.0, 8))
    assert "PL013" not in findings_of(loud_row(99.0, 7))
    assert "PL013" in findings_of(loud_row(99.0, 7), min_channels=7)


def test_a_median_of_zero_is_nothing_to_compare_with(findings_of: FindingsOf) -> None:
    """Where most channels are dead, that is said, and no infinite ratio."""
    array = loud_row(1.0)
    array[2:] = 0
    assert findings_of(array) == {
        "PL011": "channels 2, 3, 4, 5, 6 and 2 more of 9 along the first axis hold nothing but zeros"
    }


def test_unused_precision_needs_enough_elements(findings_of: FindingsOf) -> None:
    """256 finite elements by default: 255 and a NaN are too few."""
    array = with_numbers(ordinary(256, "bfloat16").astype(np.float32), 2.0**-40)
    assert findings_of(array, max_underflow_share=1.0) == {
        "PL030": "bfloat16 holds every value of this float32 tensor: 16 of 32 bits (50%) hold no information"
    }
    assert "PL030" not in findings_of(array[:255])
    assert "PL030" not in findings_of(with_numbers(array, math.nan))
    assert "PL030" in findings_of(array[:255], min_elements=255)


def test_unused_precision_needs_enough_distinct_values(findings_of: FindingsOf) -> None:
    """32 by default: 31 are too few."""
    array = np.tile(np.arange(32) * 2.0**-10 + 1, 8).astype(np.float32)
    assert findings_of(array)["PL030"].startswith("float16 holds every value")
    assert "PL030" not in findings_of(np.minimum(array, array.max() - 2.0**-10))
    assert "PL030" not in findings_of(array, min_distinct=33)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.tile(np.arange(0, 127), 4).astype(np.float32), "int8 and uint8 hold"),
        (np.tile(np.linspace(-28, 28, 113), 4), "float16 and bfloat16 hold"),
        (np.tile(np.array([*range(-16, 16), 0.5]), 8), "float8_e4m3fn and float8_e4m3fnuz hold"),
        (ordinary(512).astype(np.float64), "float32 holds"),
    ],
    ids=["integers", "halves", "small numbers", "float32 in float64"],
)
def test_all_narrowest_formats_are_named(array: Array, expected: str, findings_of: FindingsOf) -> None:
    """One holds, several hold."""
    assert findings_of(array, min_distinct=2).get("PL030", "").startswith(expected)


def test_grids_need_enough_elements_and_bits(findings_of: FindingsOf) -> None:
    """256 elements and 8 bits by default; other thresholds, other answers."""
    array = (np.random.default_rng(2).permutation(np.arange(256) % 255 - 127) * 0.0123).astype(np.float32)
    assert findings_of(array)["PL031"] == "every value is an integer of at most ±127 times 0.0123, but for one rounding"
    assert "PL031" not in findings_of(array[:255])
    assert "PL031" in findings_of(array[:255], min_elements=255)
    assert "PL031" not in findings_of(array, grid_bits=7)
    assert "PL031" in findings_of(array, grid_bits=9)


def test_grids_of_four_bits_are_found_by_default(findings_of: FindingsOf) -> None:
    """Though they have but 15 distinct values."""
    array = (np.arange(300) % 15 - 7).astype(np.float32) * np.float32(0.25)
    assert findings_of(array)["PL031"] == "every value is an integer of at most ±7 times 0.25, exactly"


@pytest.mark.parametrize(
    ("array", "code", "message"),
    [
        (np.array(math.nan, np.float32), "PL001", "1 of 1 element is NaN"),
        (with_numbers(ordinary(9), math.nan), "PL001", "1 of 9 elements is NaN"),
        (
            np.array([0x7C01, 0x7E00, 0x3C00], np.uint16).view(np.float16),
            "PL001",
            "2 of 3 elements are NaN, 1 of them signalling",
        ),
        (with_numbers(ordinary(9), math.inf), "PL002", "1 of 9 elements is infinite"),
        (with_numbers(ordinary(9), math.inf, -math.inf), "PL002", "2 of 9 elements are infinite"),
        (
            np.array([0x7F800001, 0xFFFF3C00, 0], np.uint32).view(np.float32),
            "PL003",
            "1 NaN-boxed narrower number and 1 NaN with a payload or a clear quiet bit",
        ),
        (np.array([0, 1, 2], np.uint8).view(bool), "PL003", "1 boolean byte other than 0 and 1"),
        (np.array([7, 1, 2], np.uint8).view(bool), "PL003", "2 boolean bytes other than 0 and 1"),
        (np.zeros(2000, np.float16), "PL010", "all 2,000 elements are zero"),
        (
            np.array([[1, 2], [0, 0], [3, 4]], np.float32),
            "PL011",
            "channel 1 of 3 along the first axis holds nothing but zeros",
        ),
        (
            np.array([[1, 0, 0], [3, 0, -0.0]], np.float32),
            "PL011",
            "channels 1 and 2 of 3 along the second axis hold nothing but zeros",
        ),
        (
            np.array([[1, 2], [3, 3]], np.float32),
            "PL012",
            "channel 1 of 2 along the first axis holds one number throughout",
        ),
        (np.full((4, 1, 1), 0.1, np.float16), "PL012", "all 4 elements are 0.0999755859"),
        (
            with_numbers(ordinary(100_000), 1e-40),
            "PL020",
            "1 of 100,000 elements (under 0.01%) is subnormal in float32",
        ),
        (
            with_numbers(ordinary(9), 1e5),
            "PL021",
            "1 of 9 elements exceeds float16; the largest magnitude is 1e+05",
        ),
        (
            with_numbers(ordinary(9), 65520, -70000),
            "PL021",
            "2 of 9 elements exceed float16; the largest magnitude is 7e+04",
        ),
        (np.array([1e-9, 1], np.float32), "PL022", "1 of 2 non-zero elements (50.00%) becomes zero in float16"),
        (np.array([1e-9, 0], np.float32), "PL022", "1 of 1 non-zero element (100.00%) becomes zero in float16"),
        (
            with_numbers(np.full(20_001, 1e-9, np.float32), 1),
            "PL022",
            "20,000 of 20,001 non-zero elements (over 99.99%) become zero in float16",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("PL") else "",
)
def test_messages_agree_in_number(array: Array, code: str, message: str, findings_of: FindingsOf) -> None:
    """One element is, several are; shares between 0 and 1 never show as either."""
    assert findings_of(array, max_subnormal_share=0.0)[code] == message


def test_overflow_begins_midway_to_the_next_power(findings_of: FindingsOf) -> None:
    """65519.996 rounds to 65504, 65520 does not."""
    assert "PL021" not in findings_of(np.array([np.nextafter(np.float32(65520), np.float32(0)), 1], np.float32))
    assert "PL021" in findings_of(np.array([65520, 1], np.float32))


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4), np.int8),
        np.zeros(3, bool),
        np.zeros((), np.float32),
        np.zeros((1, 1), np.float16),
        np.empty((0, 5), np.float32),
        np.full((4, 4), 0.25).astype(ml_dtypes.float8_e8m0fnu),
        np.tile(np.arange(-6, 7), 40).astype(ml_dtypes.float4_e2m1fn),
        np.array([[0.5], [0.0], [0.25]], np.float32),
    ],
    ids=["zero integers", "zero booleans", "scalar", "one element", "empty", "equal scales", "float4", "single column"],
)
def test_nothing_is_said_of(array: Array, findings_of: FindingsOf) -> None:
    """Integers, single numbers, no numbers, scales, types that are grids, and zeros that are channels by themselves."""
    assert findings_of(array) == {}


def test_all_zero_is_said_once(findings_of: FindingsOf) -> None:
    """Not again of every channel."""
    assert findings_of(np.zeros((8, 8), np.float32)) == {"PL010": "all 64 elements are zero"}


def test_findings_follow_the_rules(tensor_of: MakeTensor) -> None:
    """In the order of the codes, with the rule's severity and remedy, and the tensor's name as stored."""
    array = with_numbers(ordinary(4096).reshape(64, 64), math.nan, math.inf, 1e6)
    array[1:3] = 1e-40
    array[5], array[6] = 0, 0.5
    findings = analyze(tensor_of(array, "a\x1b[0m"), Options()).findings
    codes = [finding.code for finding in findings]
    assert codes == sorted(codes)
    assert set(codes) == {"PL001", "PL002", "PL011", "PL012", "PL013", "PL020", "PL021", "PL022"}
    rules = {rule.code: rule for rule in RULES}
    for finding in findings:
        rule = rules[finding.code]
        assert (finding.severity, finding.remedy, finding.subject) == (rule.severity, rule.remedy, "a\x1b[0m")


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.0, "0.00%"),
        (1e-9, "under 0.01%"),
        (9.9e-5, "under 0.01%"),
        (1e-4, "0.01%"),
        (0.0625, "6.25%"),
        (0.9999, "99.99%"),
        (0.99995, "over 99.99%"),
        (1.0, "100.00%"),
    ],
)
def test_percentages_never_round_to_nothing_or_all(share: float, expected: str) -> None:
    """Only 0 is 0.00%, and only 1 is 100.00%."""
    assert percentage(share) == expected


def test_words_agree() -> None:
    """Parts of a whole, verbs and lists."""
    assert part_of(1, 1, "tensor") == "1 of 1 tensor"
    assert part_of(1, 1234, "element") == "1 of 1,234 elements"
    assert (agreeing(1, "is", "are"), agreeing(0, "is", "are"), agreeing(2, "is", "are")) == ("is", "are", "are")
    assert (listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])) == ("a", "a and b", "a, b and c")
