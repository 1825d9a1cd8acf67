"""docs/rounding.md says what is true."""

import re
from pathlib import Path

import numpy as np
import pytest

import precisionlab
from precisionlab.accumulation import HARDWARE, parse_accumulator
from precisionlab.formats.modes import Rounding

PAGE = (Path(__file__).parents[2] / "docs" / "rounding.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (`[^|]+`) \| (\d+) \| (\d+) \| ([^|]+), (truncated|nearest) \| (-\d+) \|$", re.MULTILINE)
RESULTS = {"float32": "float32", "float16": "float16", "14 bits (E8M13)": "e8m13"}
DIRECTIONS = {"truncated": Rounding.TOWARD_ZERO, "nearest": Rounding.NEAREST_EVEN}


def test_the_table_of_tensor_cores_is_the_catalogue() -> None:
    """Every unit in one row, with its numbers."""
    described = {}
    for names, terms, bits, result, direction, floor in ROW.findall(PAGE):
        for name in re.findall(r"`([^`]+)`", names):
            described[name] = (int(terms), int(bits), RESULTS[result], DIRECTIONS[direction], int(floor))
    known = {
        name: (unit.terms, unit.alignment_bits, unit.format.name, unit.rounding, unit.lowest_exponent)
        for name, unit in HARDWARE.items()
    }
    assert described == known


@pytest.mark.parametrize("name", ["bf16_fma_blocked64", "m7e4_floor_promoted32", "h100_fp8_promoted128"])
def test_names_on_the_page_are_names(name: str) -> None:
    """They parse to themselves."""
    assert f"`{name}`" in PAGE
    assert parse_accumulator(name).name == name


def test_the_example_gives_what_it_says() -> None:
    """Comments are results."""
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code is not None
    lines = [line for line in code[1].splitlines() if line.startswith("precisionlab.")]
    ones = np.ones((1, 4096), np.float32)
    assert len(lines) == 3
    for line in lines:
        expression, _, comment = line.partition("  # ")
        value = eval(expression, {"precisionlab": precisionlab, "ones": ones})  # noqa: S307 - our own page
        expected = re.match(r"\[(\d+)\.\]", comment)
        assert expected is not None
        assert value.tolist() == [float(expected[1])]
