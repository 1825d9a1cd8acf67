"""How numbers are written for people: the same in the terminal, in Markdown and in HTML."""

import math
import sys
from decimal import Context

from precisionlab.analysis.figures import Axis, Column
from precisionlab.analysis.results import Metric, Scalar
from precisionlab.escaping import printable

DIGITS = 4
"""Significant digits of a figure that is shown; the JSON report has all of them."""

BYTE_UNITS = ("kB", "MB", "GB", "TB", "PB", "EB")
COUNT_UNITS = ("k", "M", "B", "T")


def significant(value: float, digits: int = DIGITS) -> str:
    """The value to `digits` significant digits; plain between 1e-4 and 1e6, else with an exponent.

    >>> significant(0.000123456), significant(65504.0), significant(1.5e-9)
    ('0.0001235', '65504', '1.5e-9')
    """
    if not math.isfinite(value):
        return str(float(value))
    if value and not 1e-4 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{trimmed(mantissa)}e{int(exponent)}"
    decimals = max(0, digits - 1 - (math.floor(math.log10(abs(value))) if value else 0))
    return trimmed(f"{value:.{decimals}f}")


def trimmed(number: str) -> str:
    """The decimal number without zeros at its end: `1.500` becomes `1.5`."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def share(value: float) -> str:
    """A number in [0, 1] as per cent: `12.3 %`, `0.0004 %`; only the whole is `100 %`."""
    percent = significant(value * 100, 3)
    return f"{'>99.9' if percent == '100' and value < 1 else percent} %"


def count(value: int) -> str:
    """A whole number with its thousands marked: `1,234,567`."""
    return f"{value:,}"


def counted(number: int, noun: str) -> str:
    """A number of things: `1 tensor`, `2,048 tensors`, `no checkpoints`, `3 analyses`."""
    plural = f"{noun[:-2]}es" if noun.endswith("is") else f"{noun}s"
    return f"{count(number) if number else 'no'} {noun if number == 1 else plural}"


def byte_size(n_bytes: int) -> str:
    """Bytes in decimal units to three digits: `512 B`, `15.2 GB`."""
    return scaled(n_bytes, "B", BYTE_UNITS)


def short_count(value: int) -> str:
    """A whole number to three digits: `124 M`; as it is below 10,000."""
    return count(value) if abs(value) < 10_000 else scaled(value, "", COUNT_UNITS)


def scaled(value: int, unit: str, larger: tuple[str, ...]) -> str:
    """The value to three digits in the largest of the units, each 1,000 times the last, that leaves at least 1."""
    if abs(value) < 1000:
        return f"{value} {unit}".rstrip()
    # Rounded first: 999,600 is 1 M, not 1000 k. Decimal, because an integer may exceed every float.
    rounded = Context(prec=3).create_decimal(value)
    power = min(rounded.adjusted() // 3, len(larger))
    return f"{trimmed(f'{rounded.scaleb(-3 * power):f}')} {larger[power - 1]}"


def shown_name(text: str) -> str:
    """A name from a file, printable; one without a visible character stands in quotes."""
    return printable(text) if text.strip() else f'"{printable(text)}"'


def shape(dimensions: tuple[int, ...]) -> str:
    """Dimensions with a multiplication sign between; `scalar` where there are none."""
    return " \N{MULTIPLICATION SIGN} ".join(map(str, dimensions)) or "scalar"


def scalar(value: Scalar) -> str:
    """A measurement, an option or a cell without its unit; text is made printable."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return count(value)
    return significant(value) if isinstance(value, float) else printable(value)


def with_unit(value: Scalar, unit: str) -> str:
    """The value followed by its unit; `share` means per cent, `1` a bare ratio."""
    if isinstance(value, bool | str) or not is_within_floats(value):
        return scalar(value)
    if unit == "share":
        return share(value)
    if unit == "bytes" and isinstance(value, int):
        return byte_size(value)
    if unit in {"", "1", "share"}:
        return scalar(value)
    singular = value == 1 and isinstance(value, int)
    return f"{scalar(value)} {printable(unit.removesuffix('s') if singular else unit)}"


def is_within_floats(value: float) -> bool:
    """Whether it is finite, and no integer beyond all floats."""
    return abs(value) <= sys.float_info.max


def shown_unit(metric: Metric) -> str:
    """The unit to show a metric in: `share` for ratios that are named so, else its own."""
    return "share" if metric.unit == "1" and "share" in metric.name.split("_") else metric.unit


def measured(metric: Metric, value: Scalar) -> str:
    """A measurement with its unit: `31.2 dB`, `0.4 %`, `1,024 elements`."""
    return with_unit(value, shown_unit(metric))


def unit_beside(label: str, unit: str) -> str:
    """What unit to name beside a label: none of bare numbers, nor one that the label is."""
    return "" if unit in {"", "1", label} else unit


def axis_header(axis: Axis) -> str:
    """An axis' label, with its unit where that is another word."""
    unit = unit_beside(axis.label, axis.unit)
    return printable(axis.label) + (f" ({printable(unit)})" if unit else "")


def column_header(column: Column) -> str:
    """A table column's label, with its unit where neither the label nor the cells show it."""
    unit = "" if column.unit == "share" else unit_beside(column.label, column.unit)
    return printable(column.label) + (f" ({printable(unit)})" if unit else "")


def cell(value: Scalar, column: Column) -> str:
    """A table's cell; shares as per cent."""
    return with_unit(value, "share") if column.unit == "share" else scalar(value)


def duration(seconds: float) -> str:
    """A time as one says it: `under a second`, `12 s`, `3 min`, `2.5 h`."""
    if seconds < 1:
        return "under a second"
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:,.1f} h"
