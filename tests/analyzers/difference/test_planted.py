"""Differences that were planted are found, counted, placed, and told by the rule they belong to."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

import precisionlab
from analyzers import difference
from analyzers.difference.options import Options
from precisionlab.analysis.figures import Bars, Table
from precisionlab.analysis.results import Result, Scalar, Status
from precisionlab.analysis.rules import Severity
from precisionlab.scanning.settings import Settings
from tests.analyzers.memory import in_memory

Array = NDArray[Any]
Between = Callable[..., Result]
Compared = Callable[..., Mapping[str, Scalar]]
SAMPLES = Path(__file__).parents[3] / "samples"
LONG = (1 << 19) + 7
"""Numbers that take several blocks."""


def drawn(shape: tuple[int, ...] = (64, 48), seed: int = 0) -> NDArray[np.float32]:
    """Normal deviates."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def codes(result: Result) -> list[str]:
    """The rules that fired."""
    return [found.code for found in result.findings]


def table(result: Result, title: str) -> Table:
    """The table whose title begins so."""
    (found,) = (one for one in result.figures if isinstance(one, Table) and one.title.startswith(title))
    return found


def test_equal_tensors_are_the_same_bytes(between: Between) -> None:
    """Nothing is drawn, nothing changed, the cosine is 1; NaN of equal bytes are no change."""
    array = drawn()
    array[3, 4] = np.nan
    result = between(array, array.copy())
    values = result.values
    assert values["same_bytes"] is True
    assert (values["changed"], values["relative_difference"], values["largest_distance"]) == (0, 0.0, 0)
    assert values["cosine"] == pytest.approx(1, abs=1e-15)
    assert result.findings == ()
    assert result.figures == ()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn])
@pytest.mark.parametrize("shape", [(32, 48), (LONG,)])
def test_one_ulp_is_one_ulp(dtype: Any, shape: tuple[int, ...], between: Between) -> None:  # noqa: ANN401 - any scalar type
    """In whatever block it lies: one number changed, to its neighbour, at its place."""
    there = np.abs(drawn(shape)).clip(0.5, 2).astype(dtype)
    here = there.copy()
    place = np.unravel_index(there.size - 11, shape)
    here.view(f"u{here.itemsize}")[place] += 1
    result = between(here, there)
    values = result.values
    assert (values["changed"], values["one_ulp_apart"], values["largest_distance"]) == (1, 1, 1)
    gap = abs(float(here[place]) - float(there[place]))
    assert values["largest_difference"] == gap > 0
    element = f"[{','.join(map(str, place))}]"
    ((name, *_),) = table(result, "Numbers that differ most").rows
    assert name == element
    (bars,) = (one for one in result.figures if isinstance(one, Bars))
    assert (bars.first, bars.width, bars.heights) == (0, 1, (1.0,))


def test_a_flipped_sign_is_counted(compared: Compared) -> None:
    """A number of the other sign; a zero of the other sign is another matter, and no distance away."""
    there = drawn()
    there[0, :2] = 0
    here = there.copy()
    here[5, 7] = -here[5, 7]
    here[0, 1] = -0.0
    values = compared(here, there)
    assert (values["changed"], values["sign_flips"], values["zero_sign_flips"]) == (2, 1, 1)
    assert values["largest_difference"] == 2 * abs(float(there[5, 7]))
    assert values["one_ulp_apart"] == 0


def test_numbers_that_are_lost_are_errors(between: Between) -> None:
    """NaN and infinities of each direction are counted apart; the finding has the first place, norms leave them out."""
    there = drawn()
    here = there.copy()
    here[2, 3], here[4, 5], here[6, 7] = np.nan, np.inf, -np.inf
    there[8, 9], there[10, 11] = np.nan, np.inf
    result = between(here, there)
    values = result.values
    assert [values[key] for key in ("became_nan", "became_infinite", "were_nan", "were_infinite")] == [1, 2, 1, 1]
    assert (values["changed"], values["relative_difference"], values["largest_difference"]) == (5, 0.0, 0.0)
    (found,) = result.findings
    assert (found.code, found.severity, found.evidence["first"]) == ("PL402", Severity.ERROR, "[2,3]")
    assert found.message.startswith("1 of 3,072 numbers became NaN, 2 of 3,072 numbers became infinite: ")
    broken = table(result, "First changed numbers that are not finite")
    assert [row[0] for row in broken.rows] == ["[2,3]", "[4,5]", "[6,7]", "[8,9]", "[10,11]"]


def test_a_nan_in_place_of_an_infinity_is_one_that_appeared(between: Between) -> None:
    """The reverse is not; other bits of a NaN are a change of bytes, but of no number."""
    infinite, nan = np.array([np.inf, 1], np.float32), np.array([np.nan, 1], np.float32)
    payload = nan.copy()
    payload.view(np.uint32)[0] ^= 5
    assert codes(between(nan, infinite)) == ["PL402"]
    assert codes(between(infinite, nan)) == []
    other = between(payload, nan)
    assert (other.value("changed"), other.value("same_bytes"), other.findings) == (1, False, ())


@pytest.mark.parametrize(
    ("narrow", "name"),
    [
        (ml_dtypes.bfloat16, "bfloat16"),
        (np.float16, "float16"),
        (ml_dtypes.float8_e4m3fn, "float8_e4m3fn"),
        (ml_dtypes.float8_e5m2, "float8_e5m2"),
    ],
)
def test_a_round_trip_is_found_out(narrow: Any, name: str, between: Between) -> None:  # noqa: ANN401 - any scalar type
    """Numbers rounded to a narrower format and stored wide; what ml_dtypes and numpy round to."""
    there = drawn((LONG,))
    here = there.astype(narrow).astype(np.float32)
    result = between(here, there)
    assert codes(result) == ["PL401"]
    assert result.findings[0].evidence["format"] == name
    assert result.value("explained_by_cast[way=here,rounding=nearest-even]") == name
    back = between(there, here)
    assert back.value("explained_by_cast[way=there,rounding=nearest-even]") == name
    assert back.findings == ()


def test_cut_bits_are_found_out(between: Between) -> None:
    """The lower half of each float32 zeroed is bfloat16 towards zero."""
    there = drawn()
    here = (there.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)
    result = between(here, there)
    assert codes(result) == ["PL401"]
    assert result.findings[0].evidence["rounding"] == "toward-zero"


@pytest.mark.parametrize("place", [0, LONG - 1])
def test_one_number_speaks_against_a_cast(place: int, compared: Compared) -> None:
    """In the first block or the last: then nothing is explained."""
    there = drawn((LONG,))
    here = there.astype(ml_dtypes.bfloat16).astype(np.float32)
    here[place] = 3.0000002
    assert not [key for key in compared(here, there) if key.startswith("explained_by_cast")]


def test_noise_below_a_format_vanishes_in_it(compared: Compared) -> None:
    """Both are the same once rounded to bfloat16."""
    there = drawn().astype(ml_dtypes.bfloat16).astype(np.float32)
    values = compared(np.nextafter(there, np.float32(np.inf)), there)
    assert values["explained_by_cast[way=both,rounding=nearest-even]"] == "float16"
    assert values["one_ulp_apart"] == values["numbers"]


def test_zeroed_weights_are_no_cast(between: Between) -> None:
    """Though tiny numbers become zero in any narrow format."""
    there = drawn() * np.float32(1e-12)
    result = between(np.zeros_like(there), there)
    assert codes(result) == []
    assert result.value("relative_difference") == 1.0
    assert "cosine" not in result.values


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (np.ones(64, np.float32), 1 + np.float32(0.01) * drawn((64,))),
        (np.full(64, 1e300), np.geomspace(1e60, 1e200, 64)),
    ],
    ids=["fresh norms", "beyond the format"],
)
def test_numbers_of_every_format_are_no_cast(here: Array, there: Array, between: Between) -> None:
    """Neither ones nor the ends of a format, as which all that is near 1, or too large, ends."""
    for result in (between(here, there), between(there, here)):
        assert not any(key.startswith("explained_by_cast") for key in result.values)
        assert "PL401" not in codes(result)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda there: there.astype(np.float64), "the numbers are the same"),
        (lambda there: there.astype(ml_dtypes.bfloat16), "the numbers are the others rounded to it"),
        (lambda there: (1.5 * there).astype(ml_dtypes.bfloat16), "the numbers differ by more than the cast"),
    ],
)
def test_another_type_is_told_with_what_it_did(change: Callable[[Array], Array], words: str, between: Between) -> None:
    """The same numbers, rounded ones, or others."""
    there = drawn()
    result = between(change(there), there)
    assert codes(result) == ["PL404"]
    assert result.findings[0].message.endswith(words)
    assert result.value("same_dtype") is False
    assert "largest_distance" not in result.values


def test_two_roundings_of_the_same_numbers_are_told(between: Between) -> None:
    """To float16 and to bfloat16, neither of which explains the other; not once a number is one unit farther off."""
    original = drawn((LONG,))
    here, there = original.astype(np.float16), original.astype(ml_dtypes.bfloat16)
    result = between(here, there)
    assert codes(result) == ["PL404"]
    assert result.findings[0].message.endswith("the numbers are no farther apart than rounding to both types puts them")
    assert result.value("within_roundings") is True
    moved = there.copy()
    moved.view(np.uint16)[-3] += 1
    for one, other in ((here, moved), (moved, here)):
        assert between(one, other).value("within_roundings") is False
    here[5] = np.inf
    assert between(here, there).value("within_roundings") is False


def test_a_narrower_reference_is_told(between: Between) -> None:
    """Where the other checkpoint is the cast one."""
    here = drawn()
    result = between(here, here.astype(ml_dtypes.bfloat16))
    assert result.findings[0].message.endswith("the others are these numbers rounded to bfloat16")


@pytest.mark.parametrize(("n_here", "n_there"), [(LONG, LONG - 5), (LONG - 5, LONG), (3, LONG)])
def test_rows_that_both_have_are_compared(n_here: int, n_there: int, between: Between) -> None:
    """As of a vocabulary that grew or shrank: an altered row is found, what only one of both has is not looked at."""
    there = drawn((max(n_here, n_there), 2))
    here = there[:n_here].copy()
    here[1, 1] += 1
    result = between(here, there[:n_there])
    assert codes(result) == ["PL403"]
    assert f"the first {min(n_here, n_there):,} rows of both are compared" in result.findings[0].message
    values = result.values
    assert (values["compared_rows"], values["numbers"]) == (min(n_here, n_there), 2 * min(n_here, n_there))
    assert (values["changed"], values["same_bytes"], values["same_shape"]) == (1, False, False)
    both = there[: min(n_here, n_there)].astype(np.float64)
    wanted = np.linalg.norm(here[1].astype(np.float64) - both[1]) / np.linalg.norm(both)
    assert values["relative_difference"] == pytest.approx(wanted, rel=1e-12)


def test_axes_of_one_index_change_no_order(between: Between) -> None:
    """All numbers are compared, and the same bytes are the same bytes; the other shape is told."""
    there = drawn((6, 1, 4))
    result = between(there.reshape(1, 6, 4), there)
    assert codes(result) == ["PL403"]
    assert (result.value("same_bytes"), result.value("same_shape"), result.value("changed")) == (True, False, 0)
    assert result.value("numbers") == 24


def test_an_update_of_rank_four_is_measured_exactly(compared: Compared) -> None:
    """An adapter that was merged into float64: share, norm and cosine are numpy's."""
    there = drawn((64, 48)).astype(np.float64)
    here = there.copy()
    here[:, :40] += 1e-3 * drawn((64, 4), 1).astype(np.float64) @ drawn((4, 40), 2).astype(np.float64)
    values = compared(here, there)
    assert values["changed"] == np.count_nonzero(here != there)
    assert values["changed_share"] == values["changed"] / here.size  # type: ignore[operator] # a number
    gap = (here - there).ravel()
    one, other = here.ravel(), there.ravel()
    assert values["relative_difference"] == pytest.approx(np.linalg.norm(gap) / np.linalg.norm(other), rel=1e-12)
    angle = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    assert values["cosine"] == pytest.approx(angle, abs=1e-14)


def test_both_directions_tell_the_same(compared: Compared) -> None:
    """What has no direction is the same from either side, and what has one changes places."""
    there = drawn()
    here = there + np.float32(1e-3) * drawn(seed=1)
    here[1, 2], there[3, 4], here[5, 6] = np.nan, np.inf, -there[5, 6]
    one, other = compared(here, there), compared(there, here)
    same = (
        "changed",
        "sign_flips",
        "largest_difference",
        "largest_distance",
        "one_ulp_apart",
        "difference_norm",
        "cosine",
    )
    assert {key: one[key] for key in same} == {key: other[key] for key in same}
    for here_key, there_key in (
        ("became_nan", "were_nan"),
        ("became_infinite", "were_infinite"),
        ("norm", "reference_norm"),
    ):
        assert (one[here_key], one[there_key]) == (other[there_key], other[here_key])


def test_another_shape_is_a_finding(between: Between) -> None:
    """Also where both have equally many elements; no number is compared."""
    result = between(drawn((6, 4)), drawn((4, 6)))
    assert result.status is Status.DONE
    assert codes(result) == ["PL403"]
    assert result.values == {"same_bytes": False, "same_shape": False, "same_dtype": True}


def test_complex_numbers_are_not_compared_with_real_ones(between: Between) -> None:
    """The type is told."""
    result = between(drawn().astype(np.complex64), drawn())
    assert codes(result) == ["PL404"]
    assert "relative_difference" not in result.values


def test_without_a_counterpart_it_is_skipped() -> None:
    """With what to do about it."""
    result = difference.analyze(in_memory(drawn()), Options())
    assert result.status is Status.SKIPPED
    assert "--against" in result.reason


def test_the_sample_fires_the_rules_of_its_table() -> None:
    """Tensor by tensor, as samples/README.md says; it runs unasked, since the reference is given."""
    section = (SAMPLES / "README.md").read_text("utf-8").split("`changed.safetensors`\n")[1].split("\n## ")[0]
    rows = (line.split(" | ") for line in section.splitlines() if line.startswith("| `"))
    described = {row[0].strip("| `"): set(row[1].split(", ")) - {"none"} for row in rows}
    settings = Settings(against=str(SAMPLES / "healthy.safetensors"), select=("PL4",))
    (checkpoint,) = precisionlab.scan(SAMPLES / "changed.safetensors", settings=settings).checkpoints
    found: dict[str, set[str]] = {tensor.name: set() for tensor in checkpoint.tensors}
    for finding in checkpoint.findings:
        if finding.subject is not None:
            found[finding.subject].add(finding.code)
    assert found == described


def test_a_checkpoint_beside_itself_has_no_findings() -> None:
    """All tensors are the same bytes."""
    healthy = str(SAMPLES / "healthy.safetensors")
    (checkpoint,) = precisionlab.scan(healthy, "difference", settings=Settings(against=healthy)).checkpoints
    assert checkpoint.findings == ()
    (summary,) = (result for result in checkpoint.results if result.subject is None)
    assert summary.value("tensors_same") == len(checkpoint.tensors)
    assert summary.value("relative_difference") == 0
