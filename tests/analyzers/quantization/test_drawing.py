"""Figures hold what the measurements say."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from precisionlab.analysis.figures import Scatter, Table
from precisionlab.analysis.results import Result
from precisionlab.analysis.tensors import Tensor

Array = NDArray[Any]
Answer = Callable[..., Result]
MakeTensor = Callable[..., Tensor]


def weights(*shape: int) -> Array:
    """Normal deviates."""
    return np.random.default_rng(0).normal(0, 0.05, shape).astype(np.float32)


def tables(result: Result) -> dict[str, Table]:
    """The tables by their titles."""
    return {figure.title: figure for figure in result.figures if isinstance(figure, Table)}


def cells(table: Table, label: str) -> list[object]:
    """A column."""
    at = [column.label for column in table.columns].index(label)
    return [row[at] for row in table.rows]


SHOWN = {
    "Formats": {
        "bits a weight": "bits_per_weight",
        "SQNR": "sqnr",
        "relative error": "relative_error",
        "clipped": "clipped_share",
        "to zero": "flushed_share",
    },
    "Errors of elements and outputs": {
        "largest error": "largest_error",
        "largest relative": "largest_relative_error",
        "output error": "output_error",
    },
}


@pytest.mark.parametrize("title", SHOWN)
def test_tables_show_the_measurements(title: str, answered: Answer) -> None:
    """A row for each format, in the order in which they were named."""
    names = ("nvfp4", "int8:amax", "mxfp4", "int4_g128:mse")
    result = answered(weights(32, 100), formats=names)
    table = tables(result)[title]
    assert cells(table, "format") == list(names)
    for label, name in SHOWN[title].items():
        assert cells(table, label) == [result.value(f"{name}[format={one}]") for one in names]


def test_blocks_that_rows_do_not_fill_are_told(answered: Answer) -> None:
    """With what their runtimes do; those that divide a row, run on or are as long as it, are not."""
    names = ("int4_g32", "q4_0", "q4_k", "nvfp4", "mxfp4", "nf4_g64", "int8_channel", "int8:amax")
    found = tables(answered(weights(32, 80), formats=names))["Blocks that rows do not fill"]
    assert found.rows == (
        ("int4_g32", 32, 16, "stays short"),
        ("q4_0", 32, 16, "filled up with zeros"),
        ("q4_k", 256, 80, "filled up with zeros"),
        ("mxfp4", 32, 16, "stays short"),
    )
    assert "Blocks that rows do not fill" not in tables(answered(weights(32, 64), formats=names[:2]))


def test_the_worst_blocks_of_the_target_are_listed(answered: Answer) -> None:
    """With their places: the one with a planted outlier first."""
    array = weights(32, 256)
    array[7, 70] = 5
    found = tables(answered(array, formats=("int4_g32",), target="int4_g32"))["Blocks that lose most in int4_g32"]
    assert found.rows[0][:2] == (7, "64 to 95")
    shares = [float(str(share)) for share in cells(found, "of all squared error")]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1
    without = tables(answered(array, formats=("int8_channel",)))
    assert not any(title.startswith("Blocks that lose") for title in without)


def test_what_is_not_finite_is_counted(answered: Answer) -> None:
    """And left out of the elements."""
    array = weights(32, 64)
    array[0, :3] = np.inf, -np.inf, np.nan
    result = answered(array)
    assert (result.value("non_finite"), result.value("elements")) == (3, 32 * 64 - 3)


def test_lone_outliers_are_of_blocks(answered: Answer) -> None:
    """Element formats have none, and so no number in that column."""
    result = answered(weights(32, 100), formats=("int8:amax", "mxfp4"))
    of_element, of_blocks = cells(tables(result)["Formats"], "lone outliers")
    assert isinstance(of_element, float)
    assert math.isnan(of_element)
    assert of_blocks == result.value("lone_outlier_share[format=mxfp4]")


def test_columns_of_companions_are_there_where_they_are(answered: Answer, tensor_of: MakeTensor) -> None:
    """Calibrated error and weighted loss come last, each only with its file."""
    array, beside = weights(32, 100), {"sensitivity": np.ones((), np.float32), "calibration": np.ones(100, np.float32)}
    title = "Errors of elements and outputs"
    labels = {
        roles: [
            column.label
            for column in tables(answered(tensor_of(array, **{role: beside[role] for role in roles})))[title].columns[
                5:
            ]
        ]
        for roles in ((), ("sensitivity",), ("calibration",), ("sensitivity", "calibration"))
    }
    assert list(labels.values()) == [
        [],
        ["weighted loss"],
        ["calibrated error"],
        ["calibrated error", "weighted loss"],
    ]


def test_tables_are_narrow(answered: Answer, tensor_of: MakeTensor) -> None:
    """None has more columns than a page shows beside each other."""
    beside = {"sensitivity": np.ones((), np.float32), "calibration": np.ones(100, np.float32)}
    result = answered(tensor_of(weights(32, 100), **beside))
    assert max(len(table.columns) for table in tables(result).values()) <= 7


def test_outlier_channels_are_named_before_those_that_suffer(answered: Answer) -> None:
    """The planted ones, with what they hold of all squares; then those that lose most, which are others."""
    array = weights(16, 2048)
    array[:, [300, 1201]] *= 90
    found = tables(answered(array))
    outliers, worst = found["Outlier channels in int8_channel"], found["Channels that lose most in int8_channel"]
    assert list(found).index(outliers.title) < list(found).index(worst.title)
    assert sorted(zip(cells(outliers, "axis"), cells(outliers, "channel"), strict=True)) == [
        ("second", 300),
        ("second", 1201),
    ]
    energies = (array.astype(np.float64) ** 2).sum(axis=0)
    by_channel = dict(zip(cells(outliers, "channel"), cells(outliers, "of all squares"), strict=True))
    assert by_channel == pytest.approx({one: energies[one] / energies.sum() for one in (300, 1201)})
    sizes = dict(zip(cells(outliers, "channel"), cells(outliers, "times the median"), strict=True))
    assert sizes == pytest.approx({one: math.sqrt(energies[one] / np.median(energies)) for one in (300, 1201)})
    assert cells(worst, "axis") == 5 * ["first"] + 5 * ["second"]
    assert not {300, 1201} & set(cells(worst, "channel")[5:])


@pytest.mark.parametrize("n_channels", [0, 3])
def test_so_many_channels_are_listed(n_channels: int, answered: Answer) -> None:
    """Of either axis; none where none are asked for."""
    found = tables(answered(weights(32, 100), channels=n_channels))
    n_rows = [len(table.rows) for title, table in found.items() if title.startswith("Channels")]
    assert n_rows == ([2 * n_channels] if n_channels else [])


def test_what_was_left_out_is_listed(answered: Answer) -> None:
    """With its reason."""
    many = np.random.default_rng(0).normal(0, 1, (300, 300))
    result = answered(many, formats=("float32:none", "int8_channel"), rounding="stochastic")
    table = tables(result)["Formats that were left out"]
    ((name, reason),) = table.rows
    assert name == "float32:none"
    assert str(reason).startswith("drawing in formats of more than 16 bits")
    assert cells(tables(result)["Formats"], "format") == ["int8_channel"]


def test_loss_against_bits_shows_every_format_once(answered: Answer) -> None:
    """At its bits and its SQNR, on the front or off it."""
    result = answered(weights(32, 100))
    (scatter,) = (figure for figure in result.figures if isinstance(figure, Scatter))
    shown = {
        name: (x, y) for group in scatter.groups for name, x, y in zip(group.names, group.xs, group.ys, strict=True)
    }
    measured = [one for one in result.measurements if one.metric.name == "sqnr"]
    assert len(shown) == sum(len(group.names) for group in scatter.groups) == len(measured)
    for one in measured:
        name = one.metric.labels["format"]
        assert shown[name] == (result.value(f"bits_per_weight[format={name}]"), one.value)
