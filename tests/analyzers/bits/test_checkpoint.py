"""What the tensors of one checkpoint give together, against their elements taken together."""

from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

import precisionlab
from precisionlab.analysis.figures import Table
from precisionlab.analysis.report import CheckpointReport


def scanned(path: Path, **options: object) -> CheckpointReport:
    """The report of one checkpoint."""
    (checkpoint,) = precisionlab.scan(path, ["bits"], options={"bits": options}).checkpoints
    return checkpoint


def own_tables(checkpoint: CheckpointReport) -> list[Table]:
    """The tables about the checkpoint itself."""
    (own,) = (result for result in checkpoint.results if result.subject is None)
    assert (own.measurements, own.findings) == ((), ())
    return [figure for figure in own.figures if isinstance(figure, Table)]


@pytest.fixture(name="path")
def fixture_path(tmp_path: Path) -> Path:
    """Two bfloat16 tensors with more elements than one of float32, an integer and an empty one."""
    generator = torch.Generator().manual_seed(0)
    path = tmp_path / "model.safetensors"
    tensors = {
        "first": torch.randn(30, 40, generator=generator).to(torch.bfloat16),
        "second": (torch.randn(20, 30, generator=generator) * 100).to(torch.bfloat16),
        "other": torch.randn(7, 9, generator=generator) * 1e37,
        "count": torch.arange(10_000),
        "empty": torch.empty(0, 3),
    }
    save_file(tensors, path)
    return path


def components(path: Path, names: list[str]) -> NDArray[np.uint16]:
    """The codes of bfloat16 tensors of a file, one after the other."""
    loaded = load_file(path)
    return np.concatenate([loaded[name].view(torch.int16).numpy().view(np.uint16).ravel() for name in names])


def test_bits_of_a_float_type(path: Path) -> None:
    """Shares are those of all its elements together; medians lie between those of the tensors, the worst is the worst."""
    table = own_tables(scanned(path))[1]
    assert table.title == "Bits of 2 bfloat16 tensors, and the relative change when one flips"
    codes = components(path, ["first", "second"])
    numbers = numbers_of(codes)
    single = [components(path, [name]) for name in ("first", "second")]
    for row in table.rows:
        bit = int(row[0])
        assert row[2] == pytest.approx(float((codes >> bit & 1).mean()))
        after = numbers_of(codes ^ np.uint16(1 << bit))
        assert row[7] == pytest.approx(float((~np.isfinite(after)).mean()))
        is_meant = np.isfinite(after) & (numbers != 0)
        changes = np.abs(after - numbers)[is_meant] / np.abs(numbers[is_meant])
        assert row[6] == changes.max()
        medians = [median(one, bit) for one in single]
        assert (row[4], row[5]) == (min(medians), max(medians))
    assert [row[0] for row in table.rows] == list(range(15, -1, -1))


def numbers_of(codes: NDArray[np.uint16]) -> NDArray[np.float64]:
    """The bfloat16 numbers of codes, by ml_dtypes."""
    with np.errstate(invalid="ignore"):  # signalling NaNs
        numbers: NDArray[np.float64] = codes.view(ml_dtypes.bfloat16).astype(np.float64)
    return numbers


def median(codes: NDArray[np.uint16], bit: int) -> float:
    """The lower median of the relative changes."""
    before, after = numbers_of(codes), numbers_of(codes ^ np.uint16(1 << bit))
    is_meant = np.isfinite(after) & (before != 0)
    changes = np.sort(np.abs(after - before)[is_meant] / np.abs(before[is_meant]))
    return float(changes[(len(changes) - 1) // 2])


def test_tensors_nearest_to_overflow(path: Path) -> None:
    """Float tensors by their largest magnitude against their own type's; the integers and the empty one are left out."""
    table = own_tables(scanned(path))[-1]
    assert table.title == "Tensors nearest to overflow"
    assert [row[0] for row in table.rows] == ["other", "second", "first"]
    assert [row[1] for row in table.rows] == ["float32", "bfloat16", "bfloat16"]


def test_no_extremes_where_they_were_not_looked_for(path: Path) -> None:
    """`nearest = 0` leaves that table out."""
    titles = [table.title for table in own_tables(scanned(path, nearest=0))]
    assert len(titles) == 3
    assert all(title.startswith("Bits of ") for title in titles)


def test_every_dtype_has_a_table_or_is_named(path: Path) -> None:
    """Three tables, the dtype of most elements first, integers too; the others, by elements, in a table that says where."""
    tensors = {**load_file(path), "mask": torch.ones(3, dtype=torch.bool), "half": torch.ones(60, dtype=torch.float16)}
    save_file(tensors, path)
    first, second, third, rest, nearest = own_tables(scanned(path))
    assert [table.title.split()[3] for table in (first, second, third)] == ["int64", "bfloat16", "float32"]
    assert rest.title == "Other dtypes: JSON and HTML reports have the bits of each tensor"
    assert rest.rows == (("float16", 1, 60), ("bool", 1, 3))
    assert nearest.title == "Tensors nearest to overflow"


def test_bits_of_integers(tmp_path: Path) -> None:
    """By the mean of their bits; they turn into no infinity, and where none was counted one by one flips have no column."""
    few, many = torch.arange(-3, 5), torch.arange(70_000, dtype=torch.int32)
    save_file({"few": few, "many": many}, tmp_path / "model.safetensors")
    ints, longs = own_tables(scanned(tmp_path / "model.safetensors"))
    assert ints.title == "Bits of 1 int32 tensor"
    assert [column.label for column in ints.columns] == ["bit", "field", "set", "entropy"]
    shares = [float(((many.numpy() >> bit) & 1).mean()) for bit in reversed(range(32))]
    assert [row[2] for row in ints.rows] == pytest.approx(shares)
    assert longs.title == "Bits of 1 int64 tensor, and the relative change when one flips"
    assert [column.label for column in longs.columns[4:]] == ["least median", "largest median", "worst"]
    assert [row[6] for row in longs.rows] == [2.0**bit for bit in reversed(range(64))]  # of 1 or -1
    assert longs.rows[-1][:2] == (0, "value")


def test_nothing_is_drawn_of_nothing(tmp_path: Path) -> None:
    """A checkpoint of empty tensors has no table."""
    save_file({"empty": torch.empty(0, 3)}, tmp_path / "model.safetensors")
    assert own_tables(scanned(tmp_path / "model.safetensors")) == []


def test_shared_storage_counts_once() -> None:
    """Of the sample's names only those that own their bytes take part."""
    sample = Path(__file__).parents[3] / "samples" / "shared-storage.pth"
    assert own_tables(scanned(sample))[0].title.startswith("Bits of 3 float16 tensors")
