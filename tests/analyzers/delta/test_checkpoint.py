"""The update of a whole checkpoint, through the scan."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

import precisionlab
from precisionlab.analysis.figures import Heatmap, Table
from precisionlab.analysis.results import Result, Status
from precisionlab.scanning.settings import Settings

pytestmark = pytest.mark.usefixtures("one_thread")

SHAPE = (64, 80)


def drawn(seed: int, shape: tuple[int, ...] = SHAPE) -> NDArray[np.float32]:
    """Normal deviates."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


BASE: dict[str, NDArray[Any]] = {
    "tuned": drawn(1),
    "adapted": drawn(2),
    "same": drawn(3),
    "norm": drawn(4, (64,)),
    "ids": np.arange(8),
}
TUNED: dict[str, NDArray[Any]] = {
    "tuned": BASE["tuned"] + np.float32(1e-3) * drawn(5),
    "adapted": BASE["adapted"] + np.float32(2e-2) * drawn(6, (64, 2)) @ drawn(7, (2, 80)),
    "same": BASE["same"],
    "norm": BASE["norm"] + np.float32(0.5),
    "ids": BASE["ids"],
    "new": drawn(8),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str | None, Result]:
    """What `delta` says of each tensor, and (None) of all."""
    folder: Path = tmp_path_factory.mktemp("checkpoints")
    for name, arrays in (("base", BASE), ("tuned", TUNED)):
        save_file(arrays, folder / f"{name}.safetensors")
    settings = Settings(against=str(folder / "base.safetensors"))
    (checkpoint,) = precisionlab.scan(folder / "tuned.safetensors", "delta", settings=settings).checkpoints
    return {one.subject: one for one in checkpoint.results}


def test_all_updates_together_are_one(results: Mapping[str | None, Result]) -> None:
    """Counts and norms over all tensors that changed, by numpy."""
    values = results[None].values
    names = ("tuned", "adapted", "same", "norm")
    new, old = (np.concatenate([arrays[name].ravel() for name in names]) for arrays in (TUNED, BASE))
    gaps = new.astype(np.float64) - old
    stored = [one.astype(ml_dtypes.bfloat16).astype(np.float64) for one in (new, old)]
    left, is_changed = stored[0] - stored[1], gaps != 0
    assert values["relative_update"] == pytest.approx(np.linalg.norm(gaps) / np.linalg.norm(old.astype(np.float64)))
    assert (values["tensors_changed"], values["tensors_unchanged"]) == (3, 1)
    assert (values["changed"], values["numbers"]) == (int(is_changed.sum()), len(gaps))
    labels = "[format=bfloat16:none,way=stored]"
    assert values[f"lost{labels}"] == int((is_changed & (left == 0)).sum())
    assert values[f"lost_share{labels}"] == float((left == 0)[is_changed].mean())
    assert values[f"update_error{labels}"] == pytest.approx(np.linalg.norm(left - gaps) / np.linalg.norm(gaps))
    noises = [
        (float(results[name].value("noise_ratio[format=nvfp4]")), float(results[name].value("update_norm")))
        for name in ("tuned", "adapted")
    ]
    wanted = math.hypot(*(ratio * norm for ratio, norm in noises)) / math.hypot(*(norm for _, norm in noises))
    assert values["noise_ratio[format=nvfp4]"] == pytest.approx(wanted)


def test_adapters_are_counted(results: Mapping[str | None, Result]) -> None:
    """Of one tensor, at rank two."""
    values = results[None].values
    assert results["adapted"].value("numerical_rank") == 2
    assert (values["adapters"], values["adapters_numbers"]) == (1, 2 * sum(SHAPE))
    assert values["adapters_share"] == 2 * sum(SHAPE) / math.prod(SHAPE)


def test_the_tensors_that_lose_most_come_first(results: Mapping[str | None, Result]) -> None:
    """Ranked in the judged format, beside a map of all formats."""
    figures = results[None].figures
    worst = next(one for one in figures if isinstance(one, Table) and one.title.startswith("Updates that lose most"))
    assert worst.title.endswith("in bfloat16:none, base and sum stored")
    assert [row[0] for row in worst.rows] == ["tuned", "adapted", "norm"]
    (heat,) = (one for one in figures if isinstance(one, Heatmap))
    assert heat.rows[:2] == ("float32:none", "bfloat16:none")
    assert heat.values[1][0] == results[None].value("lost_share[format=bfloat16:none,way=stored]")


def test_what_is_not_compared_is_skipped(results: Mapping[str | None, Result]) -> None:
    """Integers, and what the base does not have."""
    assert [results[name].status for name in ("ids", "new")] == [Status.SKIPPED] * 2


def test_every_measurement_is_defined(results: Mapping[str | None, Result]) -> None:
    """Once, and nothing else is."""
    from analyzers.delta import analyzer

    names = [one.name for one in analyzer.definitions]
    assert len(names) == len(set(names))
    measured = {one.metric.name for result in results.values() for one in result.measurements}
    assert measured == set(names)
