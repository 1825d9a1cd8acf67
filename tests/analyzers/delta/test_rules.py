"""Which findings updates give, and what options are refused."""

from collections.abc import Callable, Mapping
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers import delta
from analyzers.delta.options import Options
from precisionlab.analysis.results import Finding, Result, Status
from precisionlab.errors import FormatError, UsageError
from tests.analyzers.memory import in_memory

pytestmark = pytest.mark.usefixtures("one_thread")

Array = NDArray[Any]
Between = Callable[..., Result]


def tuned(step: float, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A tensor and its base, which it differs from by so much of its size."""
    random = np.random.default_rng(seed)
    base = random.standard_normal((64, 96)).astype(np.float32)
    return base + (step * random.standard_normal((64, 96))).astype(np.float32), base


def found(result: Result) -> Mapping[str, Finding]:
    """Findings by code."""
    return {one.code: one for one in result.findings}


def test_an_update_that_bfloat16_loses_is_told(between: Between) -> None:
    """With how many elements lose it; a large one, and one in a format that keeps it, is not."""
    tensor, base = tuned(1e-3)
    lost = found(between(tensor, base))["PL414"]
    values = between(tensor, base).values
    n_lost = values["lost[format=bfloat16:none,way=stored]"]
    assert lost.message.startswith(
        f"stored in bfloat16 {n_lost:,} of {values['changed']:,} changed elements would have"
    )
    assert lost.evidence["update_error"] == values["update_error[format=bfloat16:none,way=stored]"]
    assert "PL414" not in found(between(*tuned(0.3)))
    assert "PL414" not in found(between(tensor, base, target="float16"))
    assert "PL414" not in found(between(tensor, base, target=""))
    assert "PL414" not in found(between(tensor, base, max_lost_share=1.0, max_update_error=10.0))


def test_an_update_that_was_lost_in_storing_is_told(between: Between) -> None:
    """Few elements moved, and those by one step: the rest of an update below the type's precision."""
    tensor, base = tuned(5e-4)
    narrow = base.astype(ml_dtypes.bfloat16)
    stored = (narrow.astype(np.float32) + (tensor - base)).astype(ml_dtypes.bfloat16)
    result = between(stored, narrow)
    lost = found(result)["PL411"]
    assert lost.evidence["format"] == "bfloat16"
    assert lost.evidence["changed_share"] == result.value("changed_share")
    assert float(result.value("changed_share")) < 0.5
    assert float(lost.evidence["within_one_step"]) > 0.5
    assert "by one step of bfloat16: the update is smaller than what the type can tell" in lost.message
    apart = narrow.copy()
    apart[:8] = (apart[:8].astype(np.float32) * 1.5).astype(ml_dtypes.bfloat16)
    assert "PL411" not in found(between(apart, narrow))


def test_noise_that_exceeds_the_update_is_told(between: Between) -> None:
    """Of the judged format alone, beyond the factor."""
    tensor, base = tuned(1e-3)
    result = between(tensor, base)
    noisy = found(result)["PL413"]
    assert noisy.evidence["noise_ratio"] == result.value("noise_ratio[format=int8_channel]")
    assert noisy.message.startswith(
        f"the noise of int8_channel is {noisy.evidence['noise_ratio']:.3g} times the update; it hides"
    )
    assert "PL413" not in found(between(tensor, base, max_noise_ratio=100.0))
    assert "PL413" not in found(between(tensor, base, noise_target=""))
    assert found(between(tensor, base, noise_target="nf4"))["PL413"].evidence["format"] == "nf4_g64"
    assert "PL413" not in found(between(*tuned(0.1)))


def test_fifteen_elements_are_no_update(between: Between) -> None:
    """One more is."""
    _, base = tuned(0)
    tensor = base.copy()
    tensor.flat[:15] *= np.float32(1.0001)
    assert between(tensor, base).findings == ()
    tensor.flat[15] *= np.float32(1.0001)
    assert found(between(tensor, base)).keys() == {"PL414", "PL413"}


@pytest.mark.parametrize(
    ("tensor", "base", "reason"),
    [
        (np.zeros(3, np.int32), np.zeros(3, np.int32), "its type is no signed float"),
        (np.zeros(3, np.float32), np.zeros(3, np.bool_), "in another checkpoint its type is no signed float"),
        (np.zeros(3, np.complex64), np.zeros(3, np.complex64), "complex numbers are not looked at"),
        (np.zeros((2, 3), np.float32), np.zeros(3, np.float32), "its shape is [2, 3], and [3] in another checkpoint"),
    ],
    ids=["integers", "flags there", "complex", "shapes"],
)
def test_what_has_no_update_is_skipped(tensor: Array, base: Array, reason: str, between: Between) -> None:
    """With the reason."""
    result = between(tensor, base)
    assert (result.status, result.reason) == (Status.SKIPPED, reason)


def test_a_tensor_without_base_is_skipped() -> None:
    """It needs one."""
    result = delta.analyze(in_memory(np.zeros(3, np.float32)), Options())
    assert (result.status, result.reason) == (Status.SKIPPED, delta.NO_BASE)


@pytest.mark.parametrize(
    "array",
    [np.array(1.5, np.float32), np.zeros((0, 4), np.float32), np.full((16, 4), 1.7e308)],
    ids=["0-d", "empty", "huge"],
)
def test_degenerate_tensors_are_answered(array: Array, between: Between) -> None:
    """One number, none, and differences that float64 does not hold."""
    result = between(array, -array)
    assert result.status is Status.DONE
    assert result.value("changed") == int(array.ndim == 0)
    assert result.value("left_out") == (array.size if array.ndim and array.size else 0)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"formats": ("nosuch",)}, FormatError),
        ({"formats": ("int8",)}, UsageError),
        ({"formats": ("nvfp4",)}, UsageError),
        ({"target": "float8_e4m3fn:mse"}, UsageError),
        ({"quantized": ("int8:mse",)}, UsageError),
        ({"noise_target": "nosuch"}, FormatError),
    ],
    ids=str,
)
def test_formats_that_cannot_be_asked_for_are_refused(options: dict[str, Any], error: type[Exception]) -> None:
    """Before anything is read."""
    with pytest.raises(error):
        Options(**options)


@pytest.mark.parametrize("is_here", [True, False], ids=["narrower here", "narrower there"])
def test_a_cast_is_no_update(is_here: bool, between: Between) -> None:
    """Its rounding is of no value, whichever of both is the cast one; a cast tensor that was changed besides has an update."""
    _, base = tuned(0)
    narrow = base.astype(ml_dtypes.bfloat16)
    result = between(*((narrow, base) if is_here else (base, narrow)))
    assert result.value("changed") == base.size
    assert result.findings == ()
    narrow[0, 0] *= 2
    assert "PL414" in found(between(*((narrow, base) if is_here else (base, narrow))))
