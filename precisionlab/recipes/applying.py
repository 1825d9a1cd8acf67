"""A checkpoint as a recipe leaves it: every number what its format keeps, in the type in which it is stored."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from precisionlab.analysis.quantization.targets import parse_target
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints import Checkpoint, FileReader, TensorInfo, safetensors
from precisionlab.checkpoints.copying import SHARDED, Copied, copy_with
from precisionlab.checkpoints.safetensors_writing import Entry, as_checkpoint_errors, file_chunks
from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.recipes.recipe import Recipe
from precisionlab.replacement import check_replaceable, check_vacant, place_of, temporary_beside
from precisionlab.reports.targets import is_same
from precisionlab.scanning.settings import Settings

Listener = Callable[[int], None]
"""Hears how many bytes of tensors are done, each time before the next tensor."""


def applied(recipe: Recipe, checkpoint: Checkpoint, target: Path, settings: Settings, listener: Listener) -> Copied:
    """Write the fake-quantized checkpoint: same names, dtypes, shapes and shards; see `copy_with`.

    Raises:
        CheckpointError: the source cannot be read, or the target cannot be written.
        UsageError: the target is a file of the source.
    """
    formats = {one.tensor: one.format for one in recipe.assignments if one.format is not None}
    done = 0

    def replaced(info: TensorInfo, reader: FileReader) -> Iterator[bytes] | None:
        nonlocal done
        listener(done)
        done += info.n_bytes
        name = formats.get(info.name)
        if name is None:
            return None
        from precisionlab.analysis.quantization.requantizing import requantized  # noqa: PLC0415 - torch takes a second

        tensor = Tensor(info, reader, device=settings.device, memory_bytes=settings.memory_bytes)
        return requantized(tensor, parse_target(name))

    with FileReader() as reader:
        return copy_with(checkpoint, target, replaced, reader)


def check_target(checkpoint: Checkpoint, target: Path, beside: Iterable[str]) -> None:
    """See, before anything is measured, that a checkpoint can be written there; nothing stays behind.

    Args:
        checkpoint: the source.
        target: the file, or the folder of several, to be.
        beside: other files that are read, and must not be replaced.

    Raises:
        CheckpointError: the place cannot be written, is a folder that is not empty, or safetensors cannot hold a tensor.
        UsageError: the target is a file that is read, or not called as its content is.
    """
    for path in (*checkpoint.files, *beside):
        if is_same(target, path):
            raise UsageError(str(target), "is read, and --apply would overwrite it", "name another file")
    file_chunks(str(target), [Entry(one.name, one.dtype, one.shape, tuple) for one in checkpoint.tensors])
    is_folder = becomes_folder(checkpoint, target)
    if not is_folder and target.suffix.lower() not in safetensors.SUFFIXES:
        problem = "--apply makes one file of this checkpoint, in safetensors, and its name ends otherwise"
        raise UsageError(str(target), problem, f"name it {printable(target.stem or 'model', 60)}.safetensors")
    with as_checkpoint_errors(target):
        place = place_of(target)
        (check_vacant if is_folder else check_replaceable)(place)
        with temporary_beside(place):
            pass


def becomes_folder(checkpoint: Checkpoint, target: Path) -> bool:
    """Whether `copy_with` makes a folder: of shards, and of a folder with one file unless a file is named."""
    if checkpoint.container == SHARDED:
        return True
    was_folder = checkpoint.container == safetensors.NAME and Path(checkpoint.path).is_dir()
    return was_folder and target.suffix.lower() not in safetensors.SUFFIXES
