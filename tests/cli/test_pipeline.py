"""The hook of pre-commit, and the commands and snippets of the documentation's page about pipelines."""

import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from precisionlab.checkpoints.containers import all_suffixes
from precisionlab.cli.parser import parse

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "pipeline.md").read_text(encoding="utf-8")

Command = Callable[..., tuple[int, str, str]]


def hook() -> dict[str, Any]:
    """The one hook that the repository offers."""
    (one,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert isinstance(one, dict)
    return one


def commands() -> Iterator[str]:
    """Every command line of the page, wherever it stands."""
    for line in PAGE.splitlines():
        found = re.fullmatch(r"(?:\s*- (?:run: )?)?(precisionlab (?:scan|report) [^`]*)", line)
        if found:
            yield found[1]


@pytest.mark.parametrize("line", [*commands()])
def test_every_command_of_the_page_is_understood(line: str) -> None:
    """The parser takes its flags and values."""
    assert parse(shlex.split(line)[1:]).command in {"scan", "report"}


def test_every_snippet_of_the_page_is_yaml() -> None:
    """Two pipelines and a configuration, with what each of them must have."""
    pipelines = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)]
    assert [next(iter(one)) for one in pipelines] == ["name", "precisionlab", "repos"]
    assert len(list(commands())) == 6
    (configured,) = pipelines[2]["repos"][0]["hooks"]
    assert configured["id"] == hook()["id"]
    words = [*shlex.split(hook()["entry"])[1:], *configured["args"], "a.safetensors"]
    assert parse(words).fail_on == "warning"


def test_the_hook_stops_a_commit_at_findings(command: Command, tmp_path: Path, sick: str, healthy: str) -> None:
    """Called as pre-commit calls it, with the names of files at the end; what was found is printed."""
    shutil.copy(sick, tmp_path / "sick.safetensors")
    shutil.copy(healthy, tmp_path / "healthy.safetensors")
    program, *words = shlex.split(hook()["entry"])
    assert program == "precisionlab"
    assert command(*words, "healthy.safetensors")[0] == 0
    code, out, _ = command(*words, "healthy.safetensors", "sick.safetensors")
    assert code == 1
    assert "PL001" in out


def test_the_hook_is_about_checkpoints() -> None:
    """Files of every container, but for suffixes that much else has; nothing else."""
    files = re.compile(hook()["files"])
    for suffix in set(all_suffixes()) - {".bin", ".tar", ".index.json"}:
        assert files.search(f"models/a{suffix}")
    assert files.search("model/pytorch_model-00001-of-00002.bin")
    assert not any(
        map(files.search, ("firmware.bin", "a.tar", "report.json", "a.pt.txt", "script", "my_pytorch_model.bin"))
    )
