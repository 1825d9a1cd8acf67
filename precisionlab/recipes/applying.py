"""A checkpoint as a recipe leaves it: every number what its format keeps, in the type in which it is stored."""

from collections.abc import Iterator
from pathlib import Path

from precisionlab.analysis.quantization.targets import parse_target
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints import Checkpoint, FileReader, TensorInfo
from precisionlab.checkpoints.copying import Copied, copy_with
from precisionlab.recipes.recipe import Recipe
from precisionlab.scanning.settings import Settings


def applied(recipe: Recipe, checkpoint: Checkpoint, target: Path, settings: Settings) -> Copied:
    """Write the fake-quantized checkpoint: same names, dtypes, shapes and shards; see `copy_with`.

    Raises:
        CheckpointError: the source cannot be read, or the target cannot be written.
        UsageError: the target is a file of the source.
    """
    formats = {one.tensor: one.format for one in recipe.assignments if one.format is not None}

    def replaced(info: TensorInfo, reader: FileReader) -> Iterator[bytes] | None:
        name = formats.get(info.name)
        if name is None:
            return None
        from precisionlab.analysis.quantization.requantizing import requantized  # noqa: PLC0415 - torch takes a second

        tensor = Tensor(info, reader, device=settings.device, memory_bytes=settings.memory_bytes)
        return requantized(tensor, parse_target(name))

    with FileReader() as reader:
        return copy_with(checkpoint, target, replaced, reader)
