"""PyTorch checkpoints: zip archives and legacy files of `torch.save`, loaded as weights only.

This process never imports torch. It looks at the archive, has a fresh interpreter load it
(`child`), checks what comes back, and reads the tensors where they lie in the file.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import precisionlab
from precisionlab.checkpoints.model import ByteRange, Checkpoint, Omission, TensorInfo, nothing
from precisionlab.checkpoints.pytorch.exchange import (
    Answer,
    Cause,
    ExchangeError,
    Failure,
    Placed,
    Request,
    decode_answer,
)
from precisionlab.checkpoints.pytorch.layouts import Layout, examine, is_pytorch
from precisionlab.checkpoints.reading import RegularFile
from precisionlab.checkpoints.spilling import Spill
from precisionlab.errors import CheckpointError
from precisionlab.escaping import printable

NAME = "pytorch"
SUFFIXES = (".pt", ".pth", ".bin", ".ckpt", ".tar")

PATIENCE_SECONDS = 300
"""How long the loading of a small file may take."""

SLOWEST_BYTES_PER_SECOND = 5_000_000
"""How slowly a larger one may be read and copied."""

SPILL_RATIO, SPILL_FLOOR = 4, 64 << 20
"""A temporary copy may take so many times the file's bytes, and so many bytes in any case."""

_CHILD = """
import json, sys
request = json.load(sys.stdin.buffer)
sys.path[:] = request.pop("modules")
from precisionlab.checkpoints.pytorch.child import main
main(request)
"""

_COMMAND = (sys.executable, "-I", "-c", _CHILD)
"""Isolated: no environment variable and no folder that happens to be the current one adds modules."""

_RESAVE = "where you trust the file, save its state dict alone, torch.save(model.state_dict(), path), or convert it to safetensors"
_PROTOCOL = "save it with the pickle protocol that torch.save uses if none is given"
_AGAIN = "copy or download it again"


def recognises(path: Path, head: bytes) -> bool:
    """Whether the file begins as those of `torch.save` do."""
    del path
    return is_pytorch(head)


def open_file(path: Path) -> Checkpoint:
    """Find the tensors; only those that do not lie row-major in the file are copied.

    Raises:
        CheckpointError: the file needs more than tensors and plain containers, is damaged,
            suspicious or of another kind, or loading it crashed or took too long.
    """
    return open_with(_COMMAND, path)


def open_with(command: Sequence[str], path: Path) -> Checkpoint:
    """`open_file`, with the command that starts the loading process."""
    subject = str(path)
    with RegularFile(subject) as file:
        layout = examine(file)
    spill = Spill(subject)
    try:
        answer = _ask(command, _request(path, layout, spill), layout, subject)
        tensors = tuple(_tensor(entry, layout, subject, spill) for entry in answer.tensors)
    except BaseException:
        spill.release()
        raise
    is_copied = any(entry.spilled for entry in answer.tensors)
    if not is_copied:
        spill.release()
    return Checkpoint(
        path=subject,
        container=NAME if layout.access != "stream" else f"{NAME} (legacy)",
        files=(subject,),
        tensors=tensors,
        omissions=tuple(Omission(entry.name, printable(entry.reason)) for entry in answer.left),
        release=spill.release if is_copied else nothing,
    )


def _request(path: Path, layout: Layout, spill: Spill) -> Request:
    absolute = str(path.absolute())
    try:
        absolute.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CheckpointError(str(path), "its path is not UTF-8, which torch cannot open", "rename it") from error
    return Request(
        path=absolute,
        access=layout.access,
        stem=path.stem,
        spill=_copy_path(spill),
        spill_limit=SPILL_FLOOR + SPILL_RATIO * layout.n_bytes,
    )


def _ask(command: Sequence[str], request: Request, layout: Layout, subject: str) -> Answer:
    """What the loading process finds in the file."""
    message = json.dumps({**asdict(request), "modules": _import_folders()}).encode("ascii")
    patience = PATIENCE_SECONDS + layout.n_bytes // SLOWEST_BYTES_PER_SECOND
    try:
        answer = decode_answer(_converse(command, message, patience, subject))
    except ExchangeError as error:
        raise CheckpointError(subject, f"the process that loads it gave an answer that {error}", _AGAIN) from error
    if isinstance(answer, Failure):
        raise _failed(answer, subject)
    return answer


def _converse(command: Sequence[str], message: bytes, patience: int, subject: str) -> bytes:
    """What the command writes to stdout when it is sent the message."""
    try:
        process = subprocess.run(  # noqa: S603 (our own interpreter, without a shell)
            command,
            input=message,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=patience,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CheckpointError(subject, f"loading it took more than {patience:,} seconds", _AGAIN) from error
    except OSError as error:
        raise CheckpointError(subject, f"the process that loads it cannot be started ({error.strerror})") from error
    if process.returncode:
        raise _ended(process.returncode, subject)
    return process.stdout


def _ended(code: int, subject: str) -> CheckpointError:
    if code > 0:
        remedy = f"see that torch works: {Path(sys.executable).name} -c 'import torch'"
        return CheckpointError(subject, f"the process that loads it ended with exit code {code}", remedy)
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    remedy = "free some memory" if name == "SIGKILL" else _AGAIN
    return CheckpointError(subject, f"the process that loads it was ended by {name}", remedy)


def _environment() -> dict[str, str]:
    """Ours, without what would change how torch loads, or start more threads than one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TORCH_")}
    return {**kept, "OMP_NUM_THREADS": "1", "TORCH_DEVICE_BACKEND_AUTOLOAD": "0"}


def _import_folders() -> list[str]:
    """Where this process imports from, but for folders that depend on the current one; ours in any case."""
    folders = [folder for folder in sys.path if Path(folder).is_absolute()]
    return [*folders, str(Path(precisionlab.__file__).absolute().parents[1])]


def _failed(failure: Failure, subject: str) -> CheckpointError:
    name = printable(failure.name)
    problems: dict[Cause, tuple[str, str]] = {
        "global": (f"its pickle asks for {name}, and only tensors and plain containers are loaded", _RESAVE),
        "import": (f"holds tensors of {name}, and only plain ones are loaded", _RESAVE),
        "instruction": (
            f"its pickle uses the instruction {name}, which torch takes from trusted files only",
            _PROTOCOL,
        ),
        "refused": ("its pickle asks for more than tensors and plain containers", _RESAVE),
        "damaged": (f"is truncated, damaged, or not what torch.save writes ({name})", _AGAIN),
        "memory": ("takes more memory to load than there is", "free some memory, or convert it to safetensors"),
        "spill": (f"a temporary copy cannot be written ({name})", "free some space, or set TMPDIR to a larger disk"),
        "names": ("the names of its tensors are unreasonably long", ""),
    }
    return CheckpointError(subject, *problems[failure.cause])


def _tensor(entry: Placed, layout: Layout, subject: str, spill: Spill) -> TensorInfo:
    """The tensor, if it lies inside a storage that we know of ourselves."""
    if entry.extent is not None and not layout.holds(*entry.extent):
        raise CheckpointError(subject, f"tensor {printable(entry.name)} lies outside of every stored record", _AGAIN)
    path = _copy_path(spill) if entry.spilled else subject
    if entry.spilled and entry.offset + entry.length > _size(path):
        raise CheckpointError(subject, f"the temporary copy of tensor {printable(entry.name)} is not complete")
    location = ByteRange(path, entry.offset, entry.length)
    return TensorInfo(entry.name, entry.dtype, entry.shape, location, entry.owner, printable(entry.note))


def _copy_path(spill: Spill) -> str:
    """The file that the loading process makes, beside the spill's own."""
    return str(Path(spill.folder) / "pytorch")


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0
