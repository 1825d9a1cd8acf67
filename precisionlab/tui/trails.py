"""Where one is: the way from the checkpoint through the modules to the tensor and the analyzer."""

from pathlib import PurePath

from precisionlab.escaping import printable

STEP = " ▸ "
LEFT_OUT = "…"


def trail(checkpoint: str, tensor: str | None, analyzer: str | None, width: int) -> str:
    """The way in at most `width` characters where that can be: steps in the middle are left out first."""
    inside = tensor.split(".") if tensor is not None else ["whole checkpoint"]
    steps = [PurePath(checkpoint).name or checkpoint, *inside, *([analyzer] if analyzer else [])]
    shown = [printable(step, 60) for step in steps]
    n_kept = 2 if analyzer else 1
    ways = [shown, *([shown[0], LEFT_OUT, *shown[start:]] for start in range(2, len(shown) - n_kept + 1))]
    return next((STEP.join(way) for way in ways if len(STEP.join(way)) <= width), STEP.join(ways[-1]))
