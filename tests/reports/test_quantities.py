"""How numbers are written for people."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.analysis.figures import Column
from precisionlab.analysis.results import Metric, Scalar
from precisionlab.reports import quantities


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (0.1, "0.1"),
        (1 / 3, "0.3333"),
        (65504.0, "65504"),
        (123456.7, "123457"),
        (1e6, "1e6"),
        (3.4028234663852886e38, "3.403e38"),
        (0.0001, "0.0001"),
        (0.00009999, "9.999e-5"),
        (-5e-324, "-4.941e-324"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
    ],
)
def test_figures_have_four_significant_digits(value: float, text: str) -> None:
    """Short numbers are short, long ones are rounded, extreme ones have an exponent."""
    assert quantities.significant(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 12))
def test_a_shown_figure_is_the_rounded_value(value: float, digits: int) -> None:
    """Reading a shown figure back gives the value, off by at most half a unit of the last digit."""
    shown = Decimal(quantities.significant(value, digits))
    exact = Decimal(value)
    assert abs(shown - exact) <= abs(exact) * Decimal(10) ** (1 - digits) / 2 + Decimal("1e-330")


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (15_234_000_000, "15.2 GB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (2**63, "9.22 EB"),
        (-1500, "-1.5 kB"),
    ],
)
def test_bytes_are_in_decimal_units(n_bytes: int, text: str) -> None:
    """A size has three digits and the unit that leaves it at least 1 and below 1,000."""
    assert quantities.byte_size(n_bytes) == text


def test_sizes_beyond_all_floats_are_shown() -> None:
    """A size that a malformed report claims does not break the page."""
    assert quantities.byte_size(10**400).endswith(" EB")


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "error", "no errors"),
        (1, "tensor", "1 tensor"),
        (2048, "tensor", "2,048 tensors"),
        (3, "analysis", "3 analyses"),
        (1, "analysis", "1 analysis"),
    ],
)
def test_nouns_follow_their_number(number: int, noun: str, text: str) -> None:
    """One thing, many things, no things."""
    assert quantities.counted(number, noun) == text


@pytest.mark.parametrize(("value", "text"), [(9999, "9,999"), (10_000, "10 k"), (124_439_808, "124 M"), (7e9, "7 B")])
def test_large_counts_are_short(value: float, text: str) -> None:
    """Parameters are counted in thousands, millions and billions."""
    assert quantities.short_count(int(value)) == text


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [
        (Metric("zeros_share", "1"), 0.125, "12.5 %"),
        (Metric("ratio", "1"), 0.125, "0.125"),
        (Metric("sqnr", "dB"), 31.25, "31.25 dB"),
        (Metric("overflows", "elements"), 12345, "12,345 elements"),
        (Metric("overflows", "elements"), 1, "1 element"),
        (Metric("saved", "bytes"), 12_345, "12.3 kB"),
        (Metric("narrowest_format", ""), "bfloat16\n", "bfloat16\\n"),
        (Metric("exact", ""), True, "yes"),
        (Metric("zeros_share", "1"), math.nan, "nan"),
    ],
)
def test_measurements_are_shown_with_their_unit(metric: Metric, value: Scalar, text: str) -> None:
    """Shares are per cent, ratios bare, other numbers followed by their unit."""
    assert quantities.measured(metric, value) == text


def test_a_table_shows_the_unit_once() -> None:
    """The unit stands in the header, except that shares are per cent in their cells."""
    assert quantities.column_header(Column("overflow", "elements")) == "overflow (elements)"
    assert quantities.cell(7, Column("overflow", "elements")) == "7"
    assert quantities.column_header(Column("exact", "share")) == "exact"
    assert quantities.column_header(Column("elements", "elements")) == "elements"
    assert quantities.cell(0.5, Column("exact", "share")) == "50 %"


def test_shapes_are_dimensions() -> None:
    """A 0-d tensor is a scalar."""
    assert quantities.shape((2, 3)) == "2 \N{MULTIPLICATION SIGN} 3"
    assert quantities.shape(()) == "scalar"


@pytest.mark.parametrize(("name", "text"), [("", '""'), (" \t", r'" \t"'), ("w", "w"), (" w", " w"), ("\x1b", r"\x1b")])
def test_every_name_can_be_seen(name: str, text: str) -> None:
    """A name of nothing but blanks stands in quotes."""
    assert quantities.shown_name(name) == text


def test_only_the_whole_is_a_hundred_per_cent() -> None:
    """A share that rounds to 100 % without being all says so."""
    assert [quantities.share(value) for value in (1.0, 0.99996, 0.999)] == ["100 %", ">99.9 %", "99.9 %"]
