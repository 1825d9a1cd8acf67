"""The examples of docs/calibration.md are code that runs."""

import re
from pathlib import Path

import pytest
from safetensors import safe_open

from precisionlab import calibration

PAGE = Path(__file__).parents[2] / "docs" / "calibration.md"


def examples() -> list[str]:
    """The Python blocks of the page, in order."""
    if not PAGE.exists():
        pytest.skip("no docs beside the packages: their examples are not run")
    return re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def test_the_example_for_torch_writes_both_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As printed, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    exec(examples()[1], {})  # noqa: S102 (our own page, and what is under test)
    with safe_open("fisher.safetensors", "pt") as fisher, safe_open("activations.safetensors", "pt") as activations:
        assert set(fisher.keys()) == {"0.weight", "0.bias", "3.weight", "3.bias"}
        assert set(activations.keys()) == {"0", "3"}
        assert fisher.metadata()["seed"] == "0"


def test_examples_import_what_there_is_in_ten_lines() -> None:
    """Both compile and use public names only."""
    for example in examples():
        compile(example, str(PAGE), "exec")
        names = ", ".join(re.findall(r"precisionlab\.calibration import (.*)", example))
        assert set(names.split(", ")) <= set(calibration.__all__)
        assert len([line for line in example.splitlines() if line]) <= 10
