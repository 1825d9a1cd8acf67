"""Options of the `merge` analyzer."""

from dataclasses import dataclass

from precisionlab.analysis.options import option

PRECISIONS = ("stored", "bfloat16", "float16", "float32")


@dataclass(frozen=True, slots=True)
class Options:
    """How checkpoints are merged, and the thresholds of the rule."""

    precision: str = option(
        "stored",
        "Type in which checkpoints are merged, to which they are cast first; `stored` is that of the tensor.",
        choices=PRECISIONS,
    )
    scaling: float = option(0.4, "Factor of each task vector that is added to the base.", minimum=-10, maximum=10)
    max_ratio: float = option(
        2.0, "Report a merge that is off by more than so many times what rounding once takes.", minimum=0
    )
    max_update_share: float = option(
        0.5, "Report a merge that is off by more than this share of what it changes in the base.", minimum=0
    )
    named: int = option(10, "Tell so many of the tensors that lose most.", minimum=1, maximum=1000)
