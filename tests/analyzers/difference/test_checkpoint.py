"""What is said of a whole checkpoint beside another one, through the scan and the command."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

import precisionlab
from precisionlab.analysis.figures import Bars, Table
from precisionlab.analysis.results import Result, Status
from precisionlab.cli.main import main
from precisionlab.scanning.settings import Settings

Array = NDArray[Any]


def drawn(seed: int) -> NDArray[np.float32]:
    """Normal deviates."""
    return np.random.default_rng(seed).standard_normal((16, 24)).astype(np.float32)


THERE: dict[str, Array] = {
    name: drawn(i) for i, name in enumerate(("same", "tuned", "cast", "wide", "shorter", "gone"))
}
HERE: dict[str, Array] = {
    "same": THERE["same"],
    "tuned": THERE["tuned"] + np.float32(1e-3) * drawn(10),
    "cast": THERE["cast"].astype(np.float16),
    "wide": THERE["wide"].astype(np.float64),
    "shorter": THERE["shorter"][:8],
    "new": drawn(11),
}


@pytest.fixture
def paths(tmp_path: Path) -> tuple[str, str]:
    """Two checkpoints."""
    found = []
    for name, arrays in (("here", HERE), ("there", THERE)):
        path = tmp_path / f"{name}.safetensors"
        save_file({key: np.ascontiguousarray(array) for key, array in arrays.items()}, path)
        found.append(str(path))
    return found[0], found[1]


def results(paths: tuple[str, str], **options: object) -> Mapping[str | None, Result]:
    """What `difference` says of each tensor, and (None) of all."""
    here, there = paths
    report = precisionlab.scan(here, "difference", options={"difference": options}, settings=Settings(against=there))
    return {result.subject: result for result in report.checkpoints[0].results}


def test_tensors_are_counted_by_how_they_differ(paths: tuple[str, str]) -> None:
    """One of each kind, two that changed; what only the other checkpoint has counts, though it is not asked about."""
    found = results(paths)
    values = found[None].values
    kinds = {key.removeprefix("tensors_"): value for key, value in values.items() if key.startswith("tensors_")}
    assert kinds == {
        "same": 1,
        "equal": 1,
        "changed": 2,
        "reshaped": 1,
        "dequantized": 0,
        "quantized": 0,
        "uncompared": 0,
        "only_here": 1,
        "only_there": 1,
        "renamed": 0,
    }
    assert found["new"].status is Status.SKIPPED
    assert "gone" not in found


def test_all_numbers_together_have_one_difference(paths: tuple[str, str]) -> None:
    """The norm over all tensors that are compared, by numpy."""
    names = ("same", "tuned", "cast", "wide")
    here, there = (
        np.concatenate([arrays[name].astype(np.float64).ravel() for name in names]) for arrays in (HERE, THERE)
    )
    wanted = math.sqrt(math.fsum((here - there) ** 2) / math.fsum(there**2))
    values = results(paths)[None].values
    assert values["relative_difference"] == pytest.approx(wanted, rel=1e-13)
    assert values["changed"] == int((here != there).sum())
    assert values["numbers"] == len(here)


def test_the_most_changed_come_first(paths: tuple[str, str]) -> None:
    """With what a cast explains of each; `named` cuts the table."""
    table = next(one for one in results(paths)[None].figures if one.title == "Tensors that changed most")
    assert isinstance(table, Table)
    assert [(row[0], row[-1]) for row in table.rows] == [
        ("tuned", ""),
        ("cast", "rounded to float16; float16, there float32"),
    ]
    short = next(one for one in results(paths, named=1)[None].figures if one.title == "Tensors that changed most")
    assert isinstance(short, Table)
    assert len(short.rows) == 1


def test_changed_tensors_are_drawn_by_decades(paths: tuple[str, str]) -> None:
    """Each in the half decade of its relative difference."""
    found = results(paths)
    (bars,) = (one for one in found[None].figures if isinstance(one, Bars) and "relative difference" in one.title)
    for name in ("tuned", "cast"):
        place = (math.log10(float(found[name].value("relative_difference"))) - bars.first) / bars.width
        assert bars.heights[int(place)] == 1
    assert sum(bars.heights) == 2


def test_it_runs_where_a_reference_is_given(paths: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """Unasked with --against, beside those that run by default; not without; by name it must have one."""
    here, there = paths
    assert main(("scan", here, "--against", there, "--format", "json", "--exit-zero")) == 0
    with_it = json.loads(capsys.readouterr().out)["analyzers"]
    assert main(("scan", here, "--format", "json", "--exit-zero")) == 0
    without = json.loads(capsys.readouterr().out)["analyzers"]
    assert with_it.keys() - without.keys() == {"difference"}
    assert "range" in without
    assert main(("scan", here, "-a", "difference")) == 2
    assert "nothing was analysed" in capsys.readouterr().err


def test_the_configuration_may_name_the_reference(
    paths: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the flag does."""
    here, there = paths
    (tmp_path / "precisionlab.toml").write_text(f"against = {json.dumps(there)}\n")
    monkeypatch.chdir(tmp_path)
    assert main(("scan", here, "--format", "json", "--exit-zero")) == 0
    assert "difference" in json.loads(capsys.readouterr().out)["analyzers"]


def test_the_list_says_when_it_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """With --against."""
    assert main(("list", "analyzers", "--format", "json")) == 0
    rows = {row["name"]: row["runs"] for row in json.loads(capsys.readouterr().out)["analyzers"]}
    assert (rows["difference"], rows["range"], rows["topology"]) == ("with --against", "by default", "if named")
