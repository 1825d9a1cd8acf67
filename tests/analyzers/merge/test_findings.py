"""Which merges are told, what is skipped, and what is said of whole checkpoints."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

import precisionlab
from analyzers import merge
from analyzers.merge.options import Options
from analyzers.merge.recipes import RECIPES
from precisionlab.analysis.figures import Lines, Table
from precisionlab.analysis.results import Result, Status
from precisionlab.scanning.settings import Settings
from tests.analyzers.memory import in_memory

Array = NDArray[Any]
Merged = Callable[..., Result]


def drawn(count: int, dtype: Any = ml_dtypes.bfloat16, step: float = 3e-3) -> list[Array]:  # noqa: ANN401 - any scalar type
    """A base, and checkpoints that differ a little from it."""
    random = np.random.default_rng(count)
    base = random.standard_normal((32, 48))
    return [(base + step * (i > 0) * random.standard_normal((32, 48))).astype(dtype) for i in range(count)]


def test_a_merge_that_loses_its_update_is_told(merged: Merged) -> None:
    """With what rounding once takes of it; in float32, and of large updates, nothing is."""
    result = merged(*drawn(3))
    (found,) = result.findings
    assert found.code == "PL421"
    assert (found.evidence["merge"], found.evidence["way"]) == ("average", "weighted")
    assert found.evidence["error_over_update"] == result.value("error_over_update[merge=average,way=weighted]")
    assert found.message.startswith("the weighted average of 3 checkpoints in bfloat16 is off by ")
    assert merged(*drawn(3, np.float32)).findings == ()
    assert merged(*drawn(3, step=1.0)).findings == ()


def test_a_merge_that_rounds_too_often_is_told(merged: Merged) -> None:
    """By how many times one rounding, whatever the update is."""
    arrays = drawn(16, np.float16, step=1.0)
    (found,) = merged(*arrays, max_update_share=100.0).findings
    assert float(found.evidence["error_over_rounding"]) > 2
    assert merged(*arrays, max_update_share=100.0, max_ratio=100.0).findings == ()


def test_a_sum_that_overflows_is_told(merged: Merged) -> None:
    """Of however few numbers."""
    arrays = [np.array([60000, 1], np.float16), np.array([50000, 1], np.float16)]
    (found,) = merged(*arrays).findings
    assert found.evidence["overflows"] == 1
    assert "makes 1 of 2 numbers infinite that is not" in found.message
    (found,) = merged(arrays[0][:1], arrays[1][:1]).findings
    assert found.message.endswith("makes 1 of 1 number infinite that is not")


def test_a_checkpoint_and_its_cast_are_no_update(merged: Merged) -> None:
    """All that averaging them loses in the narrower type is what the cast made; one more number is an update as any other."""
    base = drawn(1, np.float32)[0]
    cast = base.astype(ml_dtypes.bfloat16)
    result = merged(base, cast)
    assert float(result.value("error_over_update[merge=average,way=running]")) > 0.5
    assert result.findings == ()
    assert merged(base, np.nextafter(cast, ml_dtypes.bfloat16(9))).findings
    assert merged(base, base * np.float32(1 + 1e-6), precision="bfloat16").findings


def test_equal_checkpoints_merge_into_themselves(merged: Merged) -> None:
    """Of two of them nothing is said but that."""
    base = drawn(2)[0]
    result = merged(base, base)
    assert result.findings == ()
    assert {result.value(f"wrong[merge={one.merge.value},way={one.way.value}]") for one in RECIPES} == {0}
    assert not any("over_update" in key for key in result.values)


def test_the_chart_reaches_as_far_as_errors_do(merged: Merged) -> None:
    """Shares rise from none to all, a line for each way."""
    result = merged(*drawn(3))
    (chart,) = (one for one in result.figures if isinstance(one, Lines))
    assert len(chart.series) == 5
    for line in chart.series:
        assert (line.ys[0], len(line.xs)) == (0, len(line.ys))
        assert list(line.ys) == sorted(line.ys)
    wide = next(line for line in chart.series if line.label == "average, rounded once")
    assert wide.ys[wide.xs.index(0.625)] == 1


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ((np.zeros(3), np.zeros(3)), merge.AS_WIDE),
        ((np.zeros((0, 2), np.float32),) * 2, merge.EMPTY),
        ((np.zeros(3, np.int8),) * 2, "its type is no signed float"),
        (
            (np.zeros(3, np.float32), np.zeros(3, np.float32), np.zeros(4, np.float32)),
            "its shape is [3], and [4] in another checkpoint",
        ),
    ],
    ids=["float64", "empty", "integers", "further shape"],
)
def test_what_is_not_merged_is_skipped(arrays: tuple[Array, ...], reason: str, merged: Merged) -> None:
    """With the reason."""
    result = merged(*arrays)
    assert (result.status, result.reason) == (Status.SKIPPED, reason)


def test_float64_is_merged_in_narrower_types(merged: Merged) -> None:
    """Where one is named."""
    assert merged(np.ones(3), np.ones(3), precision="float32").status is Status.DONE


def test_a_tensor_without_base_is_skipped() -> None:
    """It needs one."""
    result = merge.analyze(in_memory(np.zeros(3, np.float32)), Options())
    assert (result.status, result.reason) == (Status.SKIPPED, merge.NO_BASE)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str | None, Result]:
    """What is said of three checkpoints of two tensors each, and (None) of all."""
    folder: Path = tmp_path_factory.mktemp("checkpoints")
    paths = []
    for i in range(3):
        tensors = {
            "large": torch.from_numpy(drawn(3, np.float32, step=0.5)[i]).bfloat16(),
            "small": torch.from_numpy(drawn(3, np.float32, step=1e-3)[i]).bfloat16(),
        }
        paths.append(folder / f"{i}.safetensors")
        save_file(tensors, paths[-1])
    settings = Settings(against=str(paths[0]), others=(str(paths[2]),))
    (checkpoint,) = precisionlab.scan(paths[1], "merge", settings=settings).checkpoints
    return {one.subject: one for one in checkpoint.results}


def test_all_tensors_are_one_merge(results: dict[str | None, Result]) -> None:
    """Norms and counts add up; those that lose most come first."""
    values, parts = results[None].values, [results[name].values for name in ("large", "small")]
    assert [one["checkpoints"] for one in parts] == [3, 3]
    labels = "[merge=average,way=running]"
    errors = [float(one[f"relative_error{labels}"]) * float(one["merged_norm[merge=average]"]) for one in parts]
    updates = [float(one["update_norm[merge=average]"]) for one in parts]
    assert values[f"error_over_update{labels}"] == pytest.approx(math.hypot(*errors) / math.hypot(*updates))
    assert values[f"wrong{labels}"] == sum(int(one[f"wrong{labels}"]) for one in parts)
    assert values[f"wrong_share{labels}"] == int(values[f"wrong{labels}"]) / (2 * 32 * 48)
    worst = next(one for one in results[None].figures if isinstance(one, Table) and one.title.startswith("Running"))
    assert [row[0] for row in worst.rows] == ["small", "large"]


def test_every_measurement_is_defined(results: dict[str | None, Result]) -> None:
    """Once, and nothing else is."""
    names = [one.name for one in merge.analyzer.definitions]
    assert len(names) == len(set(names))
    measured = {one.metric.name for result in results.values() for one in result.measurements}
    assert measured == set(names)
