"""What is found by streaming through a tensor, and how places in it are typed and shown."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from precisionlab.analysis.tensors import Tensor
from precisionlab.checkpoints.model import ByteRange, TensorInfo
from precisionlab.errors import UsageError
from precisionlab.formats import formats
from precisionlab.tui.elements import Place, number_of, place_after, place_of, place_text, typed_place
from precisionlab.tui.seeking import Aim, StoppedError, WatchedReader, nearest, nth_worst, sought, worst
from tests.memory_reader import MemoryReader


def tensor_of(values: NDArray[np.generic], dtype: str | None = None, shape: Sequence[int] | None = None) -> Tensor:
    """A tensor of the bytes of an array."""
    content = values.tobytes()
    info = TensorInfo("t", dtype or str(values.dtype), tuple(shape or values.shape), ByteRange("", 0, len(content)))
    return Tensor(info, MemoryReader(content))


def drawn(count: int) -> NDArray[np.float32]:
    """Numbers around zero."""
    return np.random.default_rng(7).standard_normal(count).astype(np.float32)


def test_extremes_are_numpys() -> None:
    """The largest and the smallest magnitude are those of numpy, in a tensor of several blocks."""
    values = drawn(3 << 20)
    values[5], values[2_000_000] = 0.0, np.inf
    sizes = np.where(np.isfinite(values), np.abs(values), 0)
    tensor = tensor_of(values)
    assert sought(tensor, Aim.LARGEST, 0) == int(sizes.argmax())
    assert sought(tensor, Aim.SMALLEST, 0) == int(np.where(sizes > 0, sizes, np.inf).argmin())


def test_wide_integers_are_compared_exactly() -> None:
    """Integers that float64 makes equal are told apart, and the lowest one is larger than the highest."""
    values = np.array([2**63 - 2, 2**63 - 1, 5, -(2**63) + 1], np.int64)
    assert sought(tensor_of(values), Aim.LARGEST, 0) == 1
    assert sought(tensor_of(np.append(values, -(2**63)).astype(np.int64)), Aim.LARGEST, 0) == 4
    big = np.array([2**60 + 3, 2**60 + 1, 2**60 + 2], np.int64)
    assert sought(tensor_of(big), Aim.SMALLEST, 0) == 1


def test_the_next_subnormal_and_the_next_nan_go_around() -> None:
    """Each is found in turn from the place on, and behind the last comes the first."""
    values = drawn(2_000_000)
    places = [3, 17, 1_999_999]
    values[places] = [1e-40, -1e-45, 2e-39]
    tensor = tensor_of(values)
    assert [sought(tensor, Aim.SUBNORMAL, after) for after in (0, 3, 16, 17, 1_999_999)] == [3, 17, 17, 1_999_999, 3]
    values[[4, 9]] = [np.nan, -np.inf]
    assert [sought(tensor_of(values), Aim.NOT_FINITE, after) for after in (0, 4, 9)] == [4, 9, 4]


@pytest.mark.parametrize("aim", Aim)
def test_nothing_is_found_where_there_is_none(aim: Aim) -> None:
    """Zeros have no extreme, no subnormal and no NaN, and the answer says so."""
    found = nearest(tensor_of(np.zeros((2, 3), np.float16)), aim, 0)
    assert found.place is None
    assert "none" in found.words


def test_integers_have_neither_subnormals_nor_nan() -> None:
    """What only floats have is not found among integers."""
    tensor = tensor_of(np.array([1, -1, 0], np.int8))
    assert sought(tensor, Aim.SUBNORMAL, 0) is None
    assert sought(tensor, Aim.NOT_FINITE, 0) is None


def test_the_worst_rounded_come_one_after_the_other() -> None:
    """The numbers that lose most are gone through in order, then again from the first; exact ones never."""
    tensor = tensor_of(np.array([[1.0, 1.3], [1e6, -2.0]], np.float32))
    target = formats.element("float8_e4m3fn")
    losers = worst(tensor, target)
    places = [nth_worst(losers, n, tensor.info, target).place for n in range(3)]
    assert places == [Place((1, 0)), Place((0, 1)), Place((1, 0))]
    wide = formats.element("float64")
    assert nth_worst(worst(tensor, wide), 0, tensor.info, wide).place is None


def test_parts_of_complex_numbers_are_places() -> None:
    """The imaginary part comes behind the real one, is shown, typed and found."""
    tensor = tensor_of(np.array([[1 + 2j, 3 - 9j]], np.complex64))
    info = tensor.info
    assert [place_text(place_of(n, info), info) for n in range(4)] == [
        "[0,0].real",
        "[0,0].imag",
        "[0,1].real",
        "[0,1].imag",
    ]
    assert typed_place("0, -1 .imag".replace(" ", ""), info) == Place((0, 1), 1)
    assert sought(tensor, Aim.LARGEST, 0) == 3


def test_places_are_row_major_and_end_at_the_ends() -> None:
    """Number and place are inverse, and steps beyond an end stay there."""
    info = tensor_of(np.zeros((3, 4), np.float32)).info
    assert [number_of(place_of(n, info), info) for n in range(12)] == list(range(12))
    assert place_of(7, info) == Place((1, 3))
    assert place_after(Place((0, 0)), -1, info) == Place((0, 0))
    assert place_after(Place((2, 3)), 1, info) == Place((2, 3))
    assert place_after(Place((0, 3)), 1, info) == Place((1, 0))


def test_an_index_is_typed_in_many_ways() -> None:
    """Brackets and blanks may be there or not, and negative numbers count from the end."""
    info = tensor_of(np.zeros((3, 4), np.float32)).info
    assert {typed_place(text, info) for text in ("2,1", "[2,1]", " [ -1, 1 ] ", "-1,-3")} == {Place((2, 1))}
    scalar = tensor_of(np.zeros((), np.float32)).info
    assert typed_place("", scalar) == typed_place("[]", scalar) == Place(())
    for wrong in ("3,0", "1", "1,2,3", "a,b", "1,2.imag", "", "1;2", "-4,0"):
        with pytest.raises(UsageError):
            typed_place(wrong, info)


def test_a_search_that_nobody_waits_for_stops() -> None:
    """A reader that is told to stop reads no further block."""
    source = tensor_of(drawn(4 << 20))
    memory = MemoryReader(drawn(4 << 20).tobytes())
    told: list[float] = []

    def goes_on(share: float) -> bool:
        told.append(share)
        return len(told) < 3

    with pytest.raises(StoppedError):
        sought(Tensor(source.info, WatchedReader(memory, goes_on)), Aim.LARGEST, 0)
    assert told == [0.0, 0.25, 0.5]
    assert memory.n_bytes_read == source.info.n_bytes // 2
