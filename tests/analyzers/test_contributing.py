"""The worked example of CONTRIBUTING.md that adds an analyzer is code that runs."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from precisionlab.analysis.results import Status
from precisionlab.scanning.discovery import load_analyzer
from precisionlab.scanning.scan import scan

GUIDE = Path(__file__).parents[2] / "CONTRIBUTING.md"


@pytest.fixture(name="_signs")
def fixture_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The guide's analyzer, installed as a distribution of its own."""
    section = re.search(r"^## Add an analyzer\n(.*?)(?=^## |\Z)", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert section, "CONTRIBUTING.md does not tell how to add an analyzer"
    (source,) = re.findall(r"^```python\n(.*?)^```", section[1], re.DOTALL | re.MULTILINE)
    (declaration,) = re.findall(r"^```toml\n(.*?)^```", section[1], re.DOTALL | re.MULTILINE)
    (line,) = (line for line in declaration.splitlines() if "=" in line)
    (tmp_path / "signs.py").write_text(source)
    metadata = tmp_path / "signs-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: signs\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[precisionlab.analyzers]\n{line.replace(chr(34), '')}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("signs", None)


@pytest.mark.usefixtures("_signs")
def test_the_guide_adds_an_analyzer(tmp_path: Path) -> None:
    """It is discovered by its entry point, takes its option, measures, finds, and skips what it cannot answer."""
    path = tmp_path / "model.safetensors"
    some = np.array([1, 2, -3, 0], np.float32)
    save_file({"mixed": some, "positive": np.abs(some), "nothing": np.zeros(4, np.float32)}, path)
    assert load_analyzer("signs").rules[0].code == "SG001"
    report = scan(path, ["signs"])
    results = {result.subject: result for result in report.checkpoints[0].results}
    assert results["mixed"].value("positive_share") == pytest.approx(2 / 3)
    assert [finding.subject for finding in report.checkpoints[0].findings] == ["positive"]
    assert results["nothing"].status is Status.SKIPPED
    strict = scan(path, ["signs"], options={"signs": {"max_share": 0.6}})
    assert {finding.subject for finding in strict.checkpoints[0].findings} == {"mixed", "positive"}
