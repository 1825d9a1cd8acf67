"""What a scan is going to take, in words."""

from collections.abc import Callable, Mapping

from precisionlab.analysis.costs import NO_COST, Cost
from precisionlab.escaping import printable
from precisionlab.reports.quantities import byte_size, counted, duration

NOTABLE_SECONDS = 1.0
"""What takes less is over before it is read about."""


def cost_note(costs: Mapping[str, Cost], n_tensors: int, speed: Callable[[], float]) -> str | None:
    """One line for the analyzers that tell what they take; None where none does, or all are done in a second.

    Args:
        costs: of each analyzer, for all tensors.
        n_tensors: how many there are.
        speed: asks for operations a second; not called where nothing costs any.
    """
    if not costs:
        return None
    rate = speed()
    total = sum(costs.values(), NO_COST)
    if total.operations / rate + total.most_seconds < NOTABLE_SECONDS:
        return None
    parts = ", ".join(f"{printable(name)} {duration(cost.operations / rate)}" for name, cost in costs.items())
    whole = f"; together {duration(total.operations / rate)}" if len(costs) > 1 else ""
    waiting = f", and up to {duration(total.most_seconds)} more where a deadline ends it" if total.most_seconds else ""
    memory = f"; up to {byte_size(int(total.memory_bytes))} beside the weights" if total.memory_bytes else ""
    return f"{counted(n_tensors, 'tensor')} will take about: {parts}{whole}{waiting}{memory}"
