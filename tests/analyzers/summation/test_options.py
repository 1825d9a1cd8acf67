"""Options that make no sense are refused in one line."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from analyzers.summation.options import Options
from precisionlab.cli.main import main
from precisionlab.errors import PrecisionlabError


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"working_formats": ("fp23",)}, "fp23: there is no such format"),
        ({"working_formats": ("float32", "int8")}, "int8: sums are computed in floats only"),
        ({"working_formats": ("e8m0fnu",)}, "its arithmetic is not simulated"),
        ({"judged_format": "posit16"}, "sums are computed in floats only"),
        ({"drawn_format": "nvfp4"}, "nvfp4"),
        ({"methods": ("kahn",)}, "there is no way of summing called kahn; did you mean kahan?"),
        ({"methods": ("blocked",)}, "blocked takes a whole number from 1 to 1,099,511,627,776, not nothing"),
        ({"methods": ("dot2",)}, "dot2 is a way of dot products, not of sums"),
        ({"methods": ("a\x1b[31m",)}, r"a\x1b[31m"),
    ],
)
def test_what_does_not_exist_or_serve(options: dict[str, Any], problem: str) -> None:
    """By name, with what to write instead."""
    with pytest.raises(PrecisionlabError) as caught:
        Options(**options)
    assert problem in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("max_terms=1", "summation.max_terms"),
        ("max_absorbed=1.5", "summation.max_absorbed"),
        ("rows=0", "summation.rows"),
        ("methods=kahan,fma", "fma is a way of dot products, not of sums"),
        ("min_recovered=-1", "summation.min_recovered"),
        ("formats=bf16", "summation.formats"),
    ],
)
def test_the_command_refuses_them_in_one_line(
    setting: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is computed."""
    path = tmp_path / "model.safetensors"
    save_file({"weight": np.ones((32, 32), np.float32)}, path)
    assert main(["scan", str(path), "-a", "summation", "--set", f"summation.{setting}"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert message in output.err


def test_names_are_taken_in_every_spelling_once() -> None:
    """bf16 is bfloat16."""
    assert Options(working_formats=("bf16", "bfloat16", "fp32"), judged_format="fp16", methods=("Kahan", "kahan"))
