"""Elements, mantissa bits in use and most frequent patterns against numpy."""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pytest

from analyzers.bits import analyze
from analyzers.bits.options import Options
from precisionlab.analysis.results import Scalar, Status

if TYPE_CHECKING:
    from tests.analyzers.bits.conftest import Specimen

    Measured = Callable[..., Mapping[str, Scalar]]
    MakeSpecimen = Callable[..., Specimen]


def test_every_tensor_has_an_answer(any_specimen: "Specimen") -> None:
    """Empty, without axes, all NaN, all zero, packed, complex, boolean: done, about itself, and without findings."""
    result = analyze(any_specimen.tensor(), Options())
    assert (result.analyzer, result.subject, result.status) == ("bits", "weight", Status.DONE)
    assert result.findings == ()
    assert result.value("elements") == len(any_specimen.codes)
    keys = [measurement.metric.key for measurement in result.measurements]
    assert len(keys) == len(set(keys))


def test_no_measurement_is_nan(any_specimen: "Specimen", measured: "Measured") -> None:
    """What is no number is left out; of an empty tensor there is nothing but the number of its elements."""
    found = measured(any_specimen)
    assert not any(isinstance(value, float) and math.isnan(value) for value in found.values())
    assert (list(found) == ["elements"]) == (not len(any_specimen.codes))


def test_labels_name_position_and_field(make_specimen: "MakeSpecimen") -> None:
    """Bit 0 is the least significant; every bit of bfloat16 has its field."""
    result = analyze(make_specimen("bfloat16", np.array([0x3F80])).tensor(), Options())
    shares = [one for one in result.measurements if one.metric.name == "set_share"]
    assert [dict(one.metric.labels) for one in shares] == [
        *({"bit": str(bit), "field": "mantissa"} for bit in range(7)),
        *({"bit": str(bit), "field": "exponent"} for bit in range(7, 15)),
        {"bit": "15", "field": "sign"},
    ]
    assert [one.value for one in shares] == 7 * [0] + 7 * [1] + [0, 0]
    assert {one.metric.unit for one in shares} == {"share"}


def test_one_in_bfloat16_by_hand(make_specimen: "MakeSpecimen", measured: "Measured") -> None:
    """1.0 is 0x3f80: its sign flips to -1, its highest exponent bit makes infinity, its lowest 0.5, mantissa bit k adds 2^(k-7)."""
    found = measured(make_specimen("bfloat16", np.array([0x3F80, 0x3F80])))
    assert found["flip_median_change[bit=15,field=sign]"] == 2
    assert "flip_median_change[bit=14,field=exponent]" not in found
    assert found["flip_to_non_finite_share[bit=14,field=exponent]"] == 1
    assert found["flip_median_change[bit=7,field=exponent]"] == 0.5
    assert [found[f"flip_worst_change[bit={bit},field=mantissa]"] for bit in range(7)] == [
        2.0**bit / 128 for bit in range(7)
    ]
    assert found["flip_worst_value[bit=0,field=mantissa]"] == 1
    assert found["frequent_pattern[rank=1]"] == "0x3f80"
    assert found["mantissa_bits_in_use"] == 0


@pytest.mark.parametrize("top", [0, 3, 10])
def test_most_frequent_patterns_are_those_of_counting(exact: "Specimen", top: int, measured: "Measured") -> None:
    """The most frequent first, of equally frequent ones the lowest; never more than there are."""
    found = measured(exact, top=top, nearest=0)
    codes = [int(code) for code in exact.codes]
    expected = sorted(Counter(codes).items(), key=lambda item: (-item[1], item[0]))[:top]
    digits = -(-exact.bits // 4)
    for rank, (code, count) in enumerate(expected, 1):
        assert found[f"frequent_pattern[rank={rank}]"] == f"0x{code:0{digits}x}"
        assert found[f"frequent_count[rank={rank}]"] == count
        assert found[f"frequent_share[rank={rank}]"] == count / len(codes)
        value = exact.numbers_of(np.array([code]).astype(exact.codes.dtype))[0]
        assert np.longdouble(found.get(f"frequent_value[rank={rank}]", math.nan)) == value or np.isnan(value)
    assert f"frequent_pattern[rank={len(expected) + 1}]" not in found


def test_patterns_of_bins_are_not_known(binned: "Specimen", measured: "Measured") -> None:
    """Nothing is made up where elements were counted in bins."""
    assert not any(key.startswith("frequent") for key in measured(binned, nearest=0))


def test_mantissa_bits_in_use(any_specimen: "Specimen", measured: "Measured") -> None:
    """Those from the lowest that any finite non-zero element sets; integers and empty tensors have none to tell."""
    found = measured(any_specimen, nearest=0)
    width = any_specimen.fields.count("mantissa")
    if "exponent" not in any_specimen.fields or not len(any_specimen.codes):
        assert "mantissa_bits_in_use" not in found
        return
    codes = any_specimen.codes[np.isfinite(any_specimen.numbers) & (any_specimen.numbers != 0)]
    union = int(np.bitwise_or.reduce(codes, initial=codes.dtype.type(0))) & ((1 << width) - 1)
    assert found["mantissa_bits_in_use"] == next((width - bit for bit in range(width) if union >> bit & 1), 0)
