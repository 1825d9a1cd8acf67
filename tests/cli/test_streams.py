"""The command as a process: standard output holds the result and only it, standard error one line a problem."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

Process = Callable[..., subprocess.CompletedProcess[str]]
FULL = Path("/dev/full")


def test_a_scan_prints_its_result_and_nothing_else(process: Process, sick: str) -> None:
    """Without a terminal there is neither progress nor colour; findings give 1."""
    done = process("scan", sick)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith(f"{sick}\n")
    assert done.stdout.splitlines()[-1] == "15 errors, 25 warnings, 3 notes in 46 tensors of 1 checkpoint"
    assert "\x1b" not in done.stdout


def test_a_reader_that_leaves_early_is_no_error(environment: Mapping[str, str], sick: str) -> None:
    """`| head -1`: no complaint, and the exit code is that of the report."""
    with subprocess.Popen(
        [sys.executable, "-m", "precisionlab", "scan", sick, "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environment),
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.read(1) == b"{"
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 1


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
@pytest.mark.parametrize("arguments", [["scan"], ["list", "containers"], ["--help"], ["--version"]], ids=" ".join)
def test_a_full_disk_behind_standard_output_is_one_line(
    process: Process, healthy: str, arguments: Sequence[str]
) -> None:
    """The result did not arrive: exit code 2, whichever command it was."""
    with FULL.open("w") as full:
        done = process(*arguments, *([healthy] if arguments == ["scan"] else []), stdout=full.fileno())
    assert done.returncode == 2
    assert done.stderr == "precisionlab: error: standard output: cannot be written: no space left on device\n"


def test_a_closed_standard_output_costs_what_would_be_printed(process: Process, tmp_path: Path, healthy: str) -> None:
    """What goes to a file arrives."""
    through = ("sh", "-c", 'exec "$@" >&-', "sh")
    done = process("scan", healthy, "-o", str(tmp_path / "a.json"), through=through)
    assert (done.returncode, done.stderr) == (2, "precisionlab: error: standard output: is closed\n")
    assert (tmp_path / "a.json").exists()


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_a_standard_error_that_takes_nothing_changes_nothing_else(process: Process, redirection: str) -> None:
    """There is nobody to tell; the exit code says it."""
    done = process("scan", "nowhere", through=("sh", "-c", f'exec "$@" {redirection}', "sh"))
    assert (done.returncode, done.stdout) == (2, "")


def test_an_encoding_without_the_characters_gets_escapes(process: Process, tmp_path: Path, healthy: str) -> None:
    """Neither the charts nor a file's name break the output; nor does an argument that is no UTF-8."""
    variables = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    shutil.copy(healthy, tmp_path / "é.safetensors")
    os.rename(tmp_path / "é.safetensors", os.fsencode(tmp_path) + b"/\xff.safetensors")  # noqa: PTH104 - bytes
    shutil.copy(healthy, tmp_path / "é.safetensors")
    done = process("scan", "é.safetensors", os.fsdecode(b"\xff.safetensors"), "名", cwd=tmp_path, variables=variables)
    assert done.returncode == 2
    assert done.stdout.isascii()
    assert done.stderr.isascii()
    assert done.stderr.count("\n") == 1
    assert done.stdout.splitlines()[-1] == "no findings in 74 tensors of 2 checkpoints; 1 path unreadable"


def unprivileged() -> tuple[str, ...]:
    """What starts a process that permissions hold for: root loses its powers in a user namespace of its own."""
    return ("unshare", "--user") if os.geteuid() == 0 else ()


def test_a_file_without_permission_is_an_error(process: Process, tmp_path: Path, healthy: str) -> None:
    """It is named, and the others are scanned; so is a folder that may not be looked into, and a target."""
    through = unprivileged()
    if through and subprocess.run([*through, "true"], capture_output=True, check=False).returncode:
        pytest.skip("root, and no user namespaces here")
    for name in ("locked.safetensors", "open.safetensors"):
        shutil.copy(healthy, tmp_path / name)
    (tmp_path / "locked.safetensors").chmod(0)
    (tmp_path / "folder").mkdir(mode=0)
    done = process("scan", "locked.safetensors", "folder", "open.safetensors", cwd=tmp_path, through=through)
    assert done.returncode == 2
    assert done.stderr == (
        "precisionlab: error: locked.safetensors: there is no permission to read it\n"
        "precisionlab: error: folder: there is no permission to read it\n"
    )
    assert done.stdout.splitlines()[-1] == "no findings in 37 tensors of 1 checkpoint; 2 paths unreadable"
    done = process("scan", "open.safetensors", "-o", "folder/r.json", cwd=tmp_path, through=through)
    (tmp_path / "folder").chmod(0o700)
    assert done.returncode == 2
    assert done.stderr == (
        "precisionlab: error: folder/r.json: cannot be written: permission denied; nothing was read\n"
    )


def test_the_command_is_installed_under_its_name() -> None:
    """The script that the package installs is the same entry point."""
    from importlib.metadata import entry_points

    (script,) = entry_points(group="console_scripts", name="precisionlab")
    assert script.value == "precisionlab.cli.main:main"
