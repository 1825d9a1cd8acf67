"""Estimates before a scan: added up over tensors, of the analyzers that give any."""

from collections.abc import Callable

from precisionlab.analysis.analyzers import Analyzer, NoOptions
from precisionlab.analysis.costs import NO_COST, Cost
from precisionlab.analysis.results import Result
from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints import TensorInfo
from precisionlab.checkpoints.model import ByteRange
from precisionlab.scanning.costing import costs_of, operations_a_second
from precisionlab.scanning.settings import Selected

Estimate = Callable[[TensorInfo, object], Cost]
INFOS = [TensorInfo(name, "float32", (n, n), ByteRange("", 0, 0)) for name, n in (("a", 2), ("b", 3))]


def asked(name: str, cost: Estimate | None) -> Selected:
    """An analyzer with such an estimate."""

    def analyze(tensor: Tensor, options: object) -> Result:
        del options
        return Result(name, tensor.info.name)

    return Selected(Analyzer(name, "What?", analyze, cost=cost), NoOptions())


def cubic(info: TensorInfo, options: object) -> Cost:
    """As a product of matrices."""
    del options
    return Cost(info.shape[0] ** 3, info.shape[0] ** 2, 1.0)


def failing(info: TensorInfo, options: object) -> Cost:
    """As somebody else's may."""
    del info, options
    raise ValueError


def test_operations_and_deadlines_add_up_and_memory_does_not() -> None:
    """One tensor after the other: 2^3 + 3^3 operations, and the memory of the larger one."""
    assert costs_of(INFOS, [asked("cubic", cubic)]) == {"cubic": Cost(35, 9, 2.0)}


def test_analyzers_without_an_estimate_are_not_told() -> None:
    """Nor those whose estimate is nothing or fails: the scan itself goes on."""
    silent = (asked("none", None), asked("zero", lambda _info, _options: NO_COST), asked("failing", failing))
    assert costs_of(INFOS, silent) == {}
    assert costs_of([], [asked("cubic", cubic)]) == {}


def test_speed_is_that_of_a_computer() -> None:
    """Between a million and 10^17 operations a second."""
    assert 1e6 < operations_a_second("cpu") < 1e17


def test_costs_add_up() -> None:
    """From nothing on."""
    assert NO_COST + Cost(1, 2, 3) == Cost(1, 2, 3)
    assert Cost(1, 5, 1) + Cost(2, 3, 4) == Cost(3, 5, 5)
