"""Rules fire where they should, say what is the case, and are silent about ordinary weights."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from precisionlab.analysis.results import Result
from tests.analyzers.quantization.twins import in_groups, nf4, symmetric_integers

Array = NDArray[Any]
Find = Callable[..., Mapping[str, str]]
Answer = Callable[..., Result]

DEVIATION = 0.02


def weights(*shape: int, seed: int = 0) -> Array:
    """Normal deviates."""
    return np.random.default_rng(seed).normal(0, DEVIATION, shape).astype(np.float32)


def with_loud_columns(*columns: int, ratio: float = 90.0, shape: tuple[int, ...] = (16, 2048)) -> Array:
    """Some channels along the second axis are too large by a ratio, and of one magnitude."""
    array = weights(*shape)
    array[:, list(columns)] = ratio * DEVIATION
    return array


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("exponent", range(8))
def test_gaussian_weights_have_no_findings(kind: str, exponent: int, messages: Find) -> None:
    """Wherever within a binade their deviation lies: powers of two as scales clip differently there."""
    array = (weights(64, 256) * 2 ** (exponent / 8)).astype(getattr(ml_dtypes, kind, kind))
    assert messages(array) == {}


@pytest.mark.parametrize("shape", [(16, 2048), (16, 2048, 1), (16, 2048, 2)], ids=str)
def test_planted_outlier_channels_are_found_and_named(shape: tuple[int, ...], messages: Find) -> None:
    """INT8 by channel has under 25 dB; the message names the channels along the second axis, taps or not."""
    array = with_loud_columns(300, 901, shape=shape)
    message = messages(array, formats=("int8_channel",))["PL101"]
    told = re.fullmatch(
        r"(\S+) dB in int8_channel, a relative error of \S+%; channels 300 and 901 along the second axis are outliers, "
        r"up to (\S+) times the median one",
        message,
    )
    assert told is not None
    assert 20 < float(told[1]) < 25
    assert float(told[2]) == pytest.approx(90, rel=0.05)


@pytest.mark.parametrize(
    ("size", "formats", "message"),
    [
        (1e6, ("q4_0", "float16:none", "nvfp4"), "nothing is left in q4_0: its scales overflow"),
        (
            1e-6,
            ("int8:none", "float8_e4m3fn:none", "nvfp4"),
            "nothing is left in int8:none and float8_e4m3fn:none: all elements become zero",
        ),
    ],
    ids=["overflow", "underflow"],
)
def test_formats_that_leave_nothing_are_told_whatever_is_judged(
    size: float, formats: tuple[str, ...], message: str, messages: Find
) -> None:
    """Not only the target: a format that was asked for and destroys the tensor is a finding."""
    assert messages(weights(32, 64) / DEVIATION * size, formats=formats)["PL101"] == message


@pytest.mark.parametrize("shape", [(512, 1), (1, 512), (300, 1, 1, 1)], ids=str)
def test_rows_of_one_element_are_like_others(shape: tuple[int, ...], messages: Find) -> None:
    """Gates and scalar heads have them."""
    assert "PL104" not in messages(weights(*shape))


def test_one_outlier_channel_is_named_alone(messages: Find) -> None:
    """In the singular."""
    message = messages(with_loud_columns(1234, ratio=120.0))["PL101"]
    assert "; channel 1,234 along the second axis is an outlier, 1" in message


def test_many_outlier_channels_are_counted(messages: Find) -> None:
    """Five are named, the rest are a number."""
    array = with_loud_columns(*range(7), ratio=400.0, shape=(16, 4096))
    message = messages(array, min_sqnr_db=60)["PL101"]
    assert "and 2 more along the second axis are outliers" in message
    assert sum(f" {channel}" in message.partition(";")[2] for channel in range(7)) >= 5


def test_rows_are_no_outliers_where_each_has_its_scale(messages: Find) -> None:
    """A loud row costs others nothing in INT8 by channel, but all of them under one scale."""
    array = weights(512, 64)
    array[17] *= 300
    by_row = messages(array, target="int8_channel", min_sqnr_db=100)["PL101"]
    assert "outlier" not in by_row
    at_once = messages(array, target="int8:amax", min_sqnr_db=100)["PL101"]
    assert "channel 17 along the first axis is an outlier" in at_once


def test_the_threshold_is_that_of_the_target(messages: Find) -> None:
    """A 4-bit format is judged only where it is named; without that the threshold is for INT8 by channel."""
    array = weights(32, 256)
    assert messages(array, formats=("nvfp4", "int4_g128")) == {}
    assert messages(array, formats=("nvfp4",), target="int4_g128").keys() == {"PL101"}
    assert messages(array, target="int4_g128", min_sqnr_db=15) == {}
    assert messages(array, min_sqnr_db=60)["PL101"].startswith("43.")
    assert messages(array.astype(ml_dtypes.float8_e4m3fn)).keys() <= {"PL104"}


def test_lone_outliers_spoil_blocks(answered: Answer) -> None:
    """One element of each row is 25 deviations: E4M3 under one scale beats INT8 by channel by far."""
    array = weights(64, 512)
    array[np.arange(64), np.random.default_rng(1).integers(0, 512, 64)] = 25 * DEVIATION
    (found,) = answered(array.astype(ml_dtypes.bfloat16)).findings
    assert found.code == "PL102"
    assert found.message.startswith("int8_channel reaches 28.")
    assert found.message.endswith("one element sets the scale of 100.00% of the blocks")
    assert found.evidence["lone_share"] == 1.0


def test_outliers_are_blamed_only_where_they_are_alone(messages: Find) -> None:
    """Two outliers of one size in each row set the scale together; few rows with one are no rule."""
    two, few = weights(64, 512), weights(64, 512)
    two[:, [5, 77]] = 25 * DEVIATION
    few[:3, 5] = 25 * DEVIATION
    assert messages(two.astype(np.float16)) == {}
    assert messages(few.astype(np.float16)) == {}


def test_how_many_outliers_and_how_much_loss_is_a_matter_of_options(messages: Find) -> None:
    """Every block has one, and 6.6 dB are lost by them."""
    array = weights(64, 512)
    array[:, 7] = 25 * DEVIATION
    assert messages(array, max_outlier_loss_db=6).keys() == {"PL102"}
    assert messages(array, max_outlier_loss_db=7) == {}
    assert messages(array, max_lone_share=0.99).keys() == {"PL102"}
    assert messages(array, max_lone_share=1) == {}


@pytest.mark.parametrize(("bound", "clips"), [(1 / 8, True), (1 / 16, True), (96**-0.5, False), (0.18, False)])
def test_uniform_weights_below_a_power_of_two_are_clipped(bound: float, clips: bool, messages: Find) -> None:
    """Beyond 7/8 of it is out of MXFP4's reach, beyond 29/32 of MXFP8's: 12.5 % and 9.4 % of the numbers."""
    array = np.random.default_rng(0).uniform(-bound, bound, (256, 256)).astype(np.float32)
    found = messages(array)
    assert ("PL103" in found) == clips
    if clips:
        worst, other = found["PL103"].split(", ")
        assert worst.startswith("mxfp4 clips 12.")
        assert other.startswith("mxfp8_e4m3 9.")


def test_searched_scales_clip_on_purpose(messages: Find) -> None:
    """Of Gaussian numbers in 2 bits the best scale clips many: no finding; a plain cast that does, is one."""
    array = weights(64, 256) * 50
    assert messages(array, formats=("int2:mse",)) == {}
    assert messages(array, formats=("int2:none",)).keys() == {"PL103"}
    assert messages(array, formats=("int2:none",), max_clipped_share=0.5) == {}


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16"])
def test_weights_that_were_quantized_are_told(kind: str, messages: Find) -> None:
    """The likely format, group size and levels are in the message, and the typical step of integers."""
    stored = getattr(ml_dtypes, kind, kind)
    int4 = in_groups(weights(32, 256), 128, symmetric_integers(4)).astype(stored)
    table = in_groups(weights(32, 256), 64, nf4).astype(stored)
    step = np.median(np.abs(weights(32, 256).reshape(-1, 128)).max(axis=1)) / 7.5
    message = messages(int4)["PL104"]
    assert message.startswith("likely int4_g128: a grid for each group of 128, at most 16 levels, typical step ")
    assert float(message.rpartition(" ")[2]) == pytest.approx(step, rel=0.01)
    assert messages(table)["PL104"].startswith("likely nf4_g64: a grid for each group of 64, at most 16 levels")


def test_findings_come_in_the_order_of_their_codes(answered: Answer) -> None:
    """However many there are."""
    array = in_groups(with_loud_columns(5, shape=(32, 256)), 256, symmetric_integers(8)).astype(np.float32)
    codes = [one.code for one in answered(array, min_sqnr_db=200, max_clipped_share=0, max_outlier_loss_db=0).findings]
    assert codes == ["PL101", "PL102", "PL103", "PL104"]
