"""Options that make no sense are refused in one line."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from analyzers.rounding.options import Options
from precisionlab.cli.main import main
from precisionlab.errors import PrecisionlabError


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"accumulators": ("fp23",)}, "there is no fp23"),
        ({"accumulator": "bf16_strassen2"}, "bf16_strassen2 computes matrices, not outputs"),
        ({"accumulators": ("fp32_strassen1",)}, "fp32_strassen1 computes matrices, not outputs"),
        ({"accumulators": ("fp64",)}, "errors are measured against float64"),
        ({"accumulators": ("int8",)}, "there is no int8"),
    ],
)
def test_accumulators_that_do_not_exist_or_serve(options: dict[str, Any], problem: str) -> None:
    """By name, with what to write instead."""
    with pytest.raises(PrecisionlabError, match=problem) as caught:
        Options(**options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "rounding.accumulators=fp23"], "there is no fp23"),
        (["--set", "rounding.rows=1"], "rounding.rows"),
        (["--set", "rounding.failure=0"], "rounding.failure"),
        (["--set", "rounding.accumulator=h100_fp9"], "there is no h100_fp9"),
    ],
)
def test_the_command_line_says_so_and_ends_with_2(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is printed on standard output."""
    save_file({"w": np.ones((32, 32), np.float32)}, tmp_path / "m.safetensors")
    assert main(["scan", str(tmp_path / "m.safetensors"), "-a", "rounding", *arguments]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert message in output.err
    assert output.err.count("\n") == 1


@pytest.mark.parametrize(
    ("moments", "message"),
    [
        (np.ones(24, np.float32), "its calibration has 24 input channels, the tensor 32"),
        (np.full(32, -1, np.float32), "its calibration holds negative"),
    ],
)
def test_a_calibration_that_does_not_fit_fails_that_tensor(
    moments: "np.ndarray[Any, np.dtype[np.float32]]", message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the reason and exit code 2; the other tensor is measured."""
    save_file(
        {"a.weight": np.ones((32, 32), np.float32), "b.weight": np.ones((32, 40), np.float32)},
        tmp_path / "m.safetensors",
    )
    save_file({"a.weight": moments, "b.weight": np.ones(40, np.float32)}, tmp_path / "c.safetensors")
    code = main(
        ["scan", str(tmp_path / "m.safetensors"), "-a", "rounding", "--calibration", str(tmp_path / "c.safetensors")]
    )
    output = capsys.readouterr()
    assert code == 2
    assert message in output.out + output.err
