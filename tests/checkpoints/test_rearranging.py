"""Column-major and big-endian arrays, rewritten in blocks of any size: numpy is the oracle."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pytest

from precisionlab.checkpoints import CheckpointError, rearranging
from precisionlab.checkpoints.reading import RegularFile
from precisionlab.checkpoints.rearranging import ArrayBytes, rearrange
from precisionlab.checkpoints.spilling import Spill

SHAPES = [(50,), (3, 5), (50, 2), (2, 50), (1, 7), (4, 1, 6), (64, 1, 1), (3, 4, 5), (30, 2, 2), (2, 3, 2, 5)]


@pytest.fixture
def spill() -> Iterator[Spill]:
    """A spill of its own."""
    spill = Spill("x")
    yield spill
    spill.release()


@pytest.fixture(params=[64, 256, 1 << 20])
def _block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rearranging, "BLOCK_BYTES", request.param)


@pytest.fixture(params=["<u1", "<i2", ">i2", ">f4", "<f8", ">c16"])
def array(request: pytest.FixtureRequest, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """An array whose elements differ."""
    return np.arange(np.prod(shape)).astype(request.param).reshape(shape)


@pytest.mark.usefixtures("_block")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("order", ["C", "F"])
def test_any_block_gives_the_bytes_that_numpy_gives(
    tmp_path: Path, spill: Spill, array: npt.NDArray[Any], order: Literal["C", "F"]
) -> None:
    """In one pass and in two, by rows, strips and single columns."""
    (tmp_path / "x").write_bytes(b"abc" + array.tobytes(order))
    layout = _layout(array, order)
    with RegularFile(str(tmp_path / "x")) as file:
        if layout.is_transposed and array.nbytes > rearranging.BLOCK_BYTES and _has_large_slices(array):
            with pytest.raises(CheckpointError, match="a column-major array has slices of"):
                rearrange(file, layout, spill)
            return
        location = rearrange(file, layout, spill)
    written = Path(location.path).read_bytes()[location.offset :][: location.length]
    assert written == array.astype(array.dtype.newbyteorder("<")).tobytes()


def _layout(array: npt.NDArray[Any], order: str) -> ArrayBytes:
    word_bytes = array.itemsize // (2 if array.dtype.kind == "c" else 1)
    return ArrayBytes(3, array.shape, array.itemsize, word_bytes, order == "F", array.dtype.str.startswith(">"))


def _has_large_slices(array: npt.NDArray[Any]) -> bool:
    """The one case that is refused: three axes, and a slice that exceeds a block."""
    squeezed = array.squeeze()
    return squeezed.ndim > 2 and squeezed[0].nbytes > rearranging.BLOCK_BYTES


@pytest.mark.parametrize(
    ("shape", "is_column_major", "is_big_endian", "is_in_place"),
    [
        ((2, 3), False, False, True),
        ((2, 3), True, False, False),
        ((2, 3), False, True, False),
        ((1, 3, 1), True, False, True),
        ((1, 3, 1), True, True, False),
        ((0, 3), True, True, True),
        ((), True, False, True),
    ],
)
def test_only_what_differs_is_rewritten(
    shape: tuple[int, ...], is_column_major: bool, is_big_endian: bool, is_in_place: bool
) -> None:
    """With one long axis both orders are the same; without elements there is nothing to do."""
    assert ArrayBytes(0, shape, 4, 4, is_column_major, is_big_endian).is_in_place is is_in_place
