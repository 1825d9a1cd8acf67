"""Opening PyTorch files through a process of their own: what it may import, say, and do to us."""

import gc
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from precisionlab.checkpoints import pytorch
from precisionlab.checkpoints.pytorch.exchange import (
    Answer,
    ExchangeError,
    Failure,
    Left,
    Placed,
    decode_answer,
    encode,
)
from precisionlab.errors import CheckpointError

OPEN_AND_LIST_MODULES = """
import json, sys
from pathlib import Path
from precisionlab.checkpoints.pytorch import open_file
with open_file(Path(sys.argv[1])) as checkpoint:
    print(json.dumps([[tensor.name for tensor in checkpoint.tensors], sorted(sys.modules)]))
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state dict of one tensor in place and one that is copied, in a folder of hostile modules."""
    folder = tmp_path_factory.mktemp("hostile")
    for name in ("json", "torch", "numpy", "precisionlab", "sitecustomize"):
        (folder / f"{name}.py").write_text(f"open({str(folder / 'marker')!r}, 'w')\nraise SystemExit(7)\n")
    path = folder / "model é.pt"
    matrix = torch.arange(6.0).reshape(2, 3)
    torch.save({"w": matrix, "t": matrix.t()}, path)
    return path


def test_neither_torch_nor_anything_of_the_folder_is_imported(saved: Path) -> None:
    """Opening a file imports no torch and no numpy here, and nothing from the current folder anywhere."""
    process = subprocess.run(
        [sys.executable, "-P", "-c", OPEN_AND_LIST_MODULES, saved.name],
        cwd=saved.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    names, modules = json.loads(process.stdout)
    assert names == ["w", "t"]
    assert not {"torch", "numpy", "pickle"} & set(modules)
    assert not (saved.parent / "marker").exists()


def test_closing_deletes_what_was_copied(saved: Path) -> None:
    """The copy of a transposed tensor is there while the checkpoint is open, and not after."""
    with pytorch.open_file(saved) as checkpoint:
        in_place, copied = checkpoint.tensors
        assert in_place.location.path == str(saved)
        copy = Path(copied.location.path)
        content = copy.read_bytes()[copied.location.offset :][: copied.location.length]
        assert content == torch.arange(6.0).reshape(2, 3).t().contiguous().numpy().tobytes()
        assert copied.shares_storage_with == "w"
    assert not copy.parent.exists()
    checkpoint.close()


def test_a_module_is_refused_by_the_child(tmp_path: Path) -> None:
    """A whole module is refused with the class that it needs, and without torch's own advice."""
    path = tmp_path / "module.bin"
    torch.save(torch.nn.Linear(2, 2), path, _use_new_zipfile_serialization=False)
    with pytest.raises(CheckpointError, match=r"asks for torch\.nn\.modules\.linear\.Linear, and only") as caught:
        pytorch.open_file(path)
    assert "weights_only" not in str(caught.value)


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "was ended by SIGSEGV"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "was ended by SIGKILL; free some memory"),
        ("raise SystemExit(3)", "ended with exit code 3; see that torch works"),
        ("import torch_that_is_not_there", "ended with exit code 1; see that torch works"),
        ("print('\\x1b[31mgarbage')", "gave an answer that is not of the agreed form"),
        ("", "gave an answer that is not of the agreed form"),
        ("print('[' * 100_000)", "gave an answer that is not of the agreed form"),
    ],
    ids=["crash", "killed", "exit", "no torch", "garbage", "silence", "deep"],
)
def test_a_child_that_fails_is_one_error(saved: Path, program: str, problem: str) -> None:
    """Whatever ends the process that loads, or however it answers, ends in one clear line."""
    with pytest.raises(CheckpointError, match=problem):
        pytorch.open_with([sys.executable, "-I", "-S", "-c", program], saved)


def test_a_child_that_hangs_is_stopped(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading has a time limit, which grows with the file."""
    monkeypatch.setattr(pytorch, "PATIENCE_SECONDS", 1)
    with pytest.raises(CheckpointError, match="took more than 1 seconds"):
        pytorch.open_with([sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)"], saved)


def test_a_child_that_cannot_start_is_one_error(saved: Path) -> None:
    """An interpreter that is gone is said to be."""
    with pytest.raises(CheckpointError, match="cannot be started"):
        pytorch.open_with(["/nowhere/python"], saved)


def placed(**changed: object) -> dict[str, Any]:
    """A tensor of the answer, as JSON, with some fields changed."""
    fields = Placed("w", "float32", (2, 3), False, 640, 24, (640, 664), None, "")
    return {**json.loads(encode(Answer((fields,), ())))["tensors"][0], **changed}


def answered(tensors: object, left: object = ()) -> bytes:
    """The JSON of an answer."""
    return json.dumps({"tensors": tensors, "left": left}).encode()


@pytest.mark.parametrize(
    "changed",
    [
        {"name": 3},
        {"dtype": "float33"},
        {"dtype": ["float32"]},
        {"shape": [2, 4]},
        {"shape": [-2, -3]},
        {"shape": [2.0, 3.0]},
        {"shape": [True, 6]},
        {"shape": [1] * 99},
        {"shape": [2**70, 0]},
        {"shape": None},
        {"offset": -1},
        {"offset": "640"},
        {"offset": 641},
        {"length": 25},
        {"extent": None},
        {"extent": [640]},
        {"extent": [640, 9999]},
        {"owner": "nobody"},
        {"owner": 1},
        {"note": None},
    ],
    ids=str,
)
def test_an_answer_of_another_form_is_refused(changed: Mapping[str, object]) -> None:
    """Every field of the child's answer is checked for its type, its range and its sense."""
    decode_answer(answered([placed()]))
    with pytest.raises(ExchangeError):
        decode_answer(answered([placed(**changed)]))


@pytest.mark.parametrize(
    "text",
    [
        b"[]",
        b"null",
        b"\xff",
        b'{"tensors": {}, "left": []}',
        b'{"tensors": []}',
        b'{"tensors": [], "left": [{"name": "a"}]}',
        b'{"cause": "else", "name": ""}',
        b'{"cause": ["global"], "name": ""}',
        b'{"cause": "global", "name": 1}',
        b'{"tensors": [], "left": ' + b"1" * 5000 + b"}",
        answered([placed(), placed()]),
    ],
)
def test_an_answer_of_another_structure_is_refused(text: bytes) -> None:
    """What is no answer at all, and two tensors of one name, are refused."""
    with pytest.raises(ExchangeError):
        decode_answer(text)


def test_answers_survive_the_way() -> None:
    """Half surrogate pairs and control characters in names arrive as they were sent."""
    tensor = Placed("\ud800\x1b", "int8", (0,), False, 0, 0, None, None, "")
    answer = Answer((tensor,), (Left("\udfff\n", "why"),))
    assert decode_answer(encode(answer)) == answer
    failure = Failure("global", "os.system")
    assert decode_answer(encode(failure)) == failure


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"offset": 0, "extent": [0, 24]}, "tensor w lies outside of every stored record"),
        ({"offset": 1 << 40, "extent": [1 << 40, (1 << 40) + 24]}, "tensor w lies outside of every stored record"),
        ({"spilled": True, "offset": 0, "extent": None}, "temporary copy of tensor w is not complete"),
    ],
    ids=["a header", "beyond the file", "beyond the copy"],
)
def test_a_place_that_is_none_is_refused(saved: Path, changed: Mapping[str, object], problem: str) -> None:
    """A child that points outside of the records of the archive, or of its own copy, is not followed."""
    answer = answered([placed(**changed)])
    program = f"""
import json, sys
open(json.load(sys.stdin)["spill"], "w").write("short")
sys.stdout.buffer.write({answer!r})
"""
    with pytest.raises(CheckpointError, match=problem):
        pytorch.open_with([sys.executable, "-I", "-S", "-c", program], saved)


def test_a_copy_that_was_never_made_is_refused(saved: Path) -> None:
    """A child that points into a copy without making one is not followed."""
    answer = answered([placed(spilled=True, offset=0, extent=None)])
    program = f"import sys; sys.stdout.buffer.write({answer!r})"
    with pytest.raises(CheckpointError, match="temporary copy of tensor w is not complete"):
        pytorch.open_with([sys.executable, "-I", "-S", "-c", program], saved)


def test_nothing_stays_behind_after_an_error(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder for copies goes when opening fails."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(CheckpointError):
        pytorch.open_with([sys.executable, "-I", "-S", "-c", ""], saved)
    gc.collect()
    assert list(tmp_path.iterdir()) == []
