"""What PyTorch checkpoints hold, against `torch.load` in this process."""

import ctypes
import io
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from precisionlab.checkpoints.model import Checkpoint, TensorInfo, nothing
from precisionlab.checkpoints.pytorch import child_sharing
from precisionlab.checkpoints.pytorch.child_sources import READ_AT_ONCE, Region, SkippingReader
from precisionlab.checkpoints.pytorch.child_tree import distinct_names

pytestmark = [
    pytest.mark.filterwarnings("ignore:Sparse:UserWarning"),  # torch says once that it is in beta
    pytest.mark.filterwarnings("ignore:torch.quantize:UserWarning"),  # and that it will go
    pytest.mark.filterwarnings("ignore:ComplexHalf:UserWarning"),
]

Opener = Callable[[Path], Checkpoint]

LEGACY_DTYPES = (
    *("bool", "uint8", "int8", "int16", "int32", "int64"),
    *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
)
ZIP_DTYPES = (
    *LEGACY_DTYPES,
    *("uint16", "uint32", "uint64", "complex32"),
    *("float8_e8m0fnu", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz"),
)

SPARSE_KINDS = {
    torch.sparse_coo: ("indices", "values"),
    torch.sparse_csr: ("crow_indices", "col_indices", "values"),
    torch.sparse_csc: ("ccol_indices", "row_indices", "values"),
    torch.sparse_bsr: ("crow_indices", "col_indices", "values"),
    torch.sparse_bsc: ("ccol_indices", "row_indices", "values"),
}


def stored_bytes(tensor: TensorInfo) -> bytes:
    """The bytes that the tensor's place names."""
    with Path(tensor.location.path).open("rb") as file:
        file.seek(tensor.location.offset)
        return file.read(tensor.location.length)


def dense_bytes(tensor: torch.Tensor) -> bytes:
    """The elements row by row, from the memory of a copy that torch made."""
    copy = tensor.resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format)
    return ctypes.string_at(copy.data_ptr(), copy.numel() * copy.element_size()) if copy.numel() else b""


def assert_same(checkpoint: Checkpoint, expected: Mapping[str, torch.Tensor]) -> None:
    """Names, dtypes, shapes and bytes are those of the tensors; nothing is left out."""
    assert [tensor.name for tensor in checkpoint.tensors] == list(expected)
    assert checkpoint.omissions == ()
    for tensor in checkpoint.tensors:
        wanted = expected[tensor.name]
        assert (tensor.dtype, tensor.shape) == (str(wanted.dtype).removeprefix("torch."), tuple(wanted.shape))
        assert stored_bytes(tensor) == dense_bytes(wanted), tensor.name


def is_in_place(tensor: TensorInfo, path: Path) -> bool:
    """Whether the tensor lies in the checkpoint itself."""
    return tensor.location.path == str(path)


def bit_patterns(dtype: str) -> torch.Tensor:
    """24 elements of all sorts of bits."""
    size = getattr(torch, dtype).itemsize
    generator = torch.Generator().manual_seed(7)
    storage = torch.randint(0, 2 if dtype == "bool" else 256, (24 * size,), dtype=torch.uint8, generator=generator)
    return storage.view(getattr(torch, dtype))


def views(whole: torch.Tensor) -> dict[str, torch.Tensor]:
    """Contiguous tensors and not, at an offset, of no element, and of no dimension."""
    return {
        "matrix": whole.reshape(4, 6),
        "vector": whole.clone(),
        "transposed": whole.clone().reshape(4, 6).t(),
        "permuted": whole.clone().reshape(2, 3, 4).permute(2, 0, 1),
        "steps": whole.clone()[1::3],
        "inner": whole.clone()[5:11],
        "scalar": whole[3].clone(),
        "empty": whole[:0].reshape(0, 3).clone(),
    }


@pytest.mark.parametrize(
    ("dtype", "is_zip"), [*((name, True) for name in ZIP_DTYPES), *((name, False) for name in LEGACY_DTYPES)]
)
def test_every_dtype_is_read_back_bit_for_bit(open_pytorch: Opener, tmp_path: Path, dtype: str, is_zip: bool) -> None:
    """Each dtype that torch saves, in each format, contiguous or not, has the bytes that torch loads."""
    path = tmp_path / "model.pt"
    torch.save(views(bit_patterns(dtype)), path, _use_new_zipfile_serialization=is_zip)
    with open_pytorch(path) as checkpoint:
        assert_same(checkpoint, torch.load(path, weights_only=True))
        copied = {tensor.name for tensor in checkpoint.tensors if tensor.n_bytes and not is_in_place(tensor, path)}
        assert copied == {"transposed", "permuted", "steps"}


def test_packed_pairs_are_counted_one_by_one(open_pytorch: Opener, tmp_path: Path) -> None:
    """A byte of float4_e2m1fn_x2 holds two elements: the last dimension doubles."""
    path = tmp_path / "fp4.pt"
    packed = torch.arange(12, dtype=torch.uint8).reshape(3, 4).view(torch.float4_e2m1fn_x2)
    torch.save({"blocks": packed, "one": packed[0, 0].clone()}, path)
    blocks, one = open_pytorch(path).tensors
    assert (blocks.dtype, blocks.shape, stored_bytes(blocks)) == ("float4_e2m1fn", (3, 8), bytes(range(12)))
    assert (one.dtype, one.shape, one.n_bytes) == ("float4_e2m1fn", (2,), 1)


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
def test_contiguous_tensors_are_read_in_place(open_pytorch: Opener, tmp_path: Path, is_zip: bool) -> None:
    """Where every tensor lies row-major in the file, nothing is copied and nothing is left to release."""
    path = tmp_path / "model.bin"
    state = torch.nn.Sequential(torch.nn.Linear(40, 30), torch.nn.LayerNorm(30)).state_dict()
    torch.save(state, path, _use_new_zipfile_serialization=is_zip)
    checkpoint = open_pytorch(path)
    assert_same(checkpoint, state)
    assert all(is_in_place(tensor, path) for tensor in checkpoint.tensors)
    assert checkpoint.release is nothing
    assert checkpoint.container == ("pytorch" if is_zip else "pytorch (legacy)")


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
def test_training_state_is_named_by_path(open_pytorch: Opener, tmp_path: Path, is_zip: bool) -> None:
    """Model and Adam states after a step are named by the keys that lead there; numbers are no tensors."""
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters(), amsgrad=True)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    path = tmp_path / "last.ckpt"
    saved = {"epoch": 3, "model": model.state_dict(), "optimizer": optimizer.state_dict(), "note": "a", "rng": [None]}
    torch.save(saved, path, _use_new_zipfile_serialization=is_zip)
    expected = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        expected |= {f"optimizer.state.{index}.{name}": tensor for name, tensor in state.items()}
    assert "optimizer.state.1.exp_avg" in expected
    assert_same(open_pytorch(path), expected)


def test_tensors_are_found_in_every_container(open_pytorch: Opener, tmp_path: Path) -> None:
    """Lists, tuples, ordered dicts, parameters and keys of other types than text have names too."""
    path = tmp_path / "mixed.pt"
    one = torch.ones(2)
    saved = {
        "list": [one.clone(), (one.clone(), {"deep": one.clone()})],
        "ordered": OrderedDict(a=torch.nn.Parameter(one.clone())),
        7: one.clone(),
        (1, "b"): one.clone(),
        None: one.clone(),
        2.5: one.clone(),
        "": one.clone(),
        "dotted.name": one.clone(),
    }
    torch.save(saved, path)
    names = ["list.0", "list.1.0", "list.1.1.deep", "ordered.a", "7", "1,b", "None", "2.5", "", "dotted.name"]
    assert_same(open_pytorch(path), dict.fromkeys(names, one))


@pytest.mark.parametrize(
    ("saved", "names"),
    [
        (torch.zeros(2), ["solo"]),
        (torch.zeros(2).to_sparse(), ["solo.indices", "solo.values"]),
        ([torch.zeros(2), torch.zeros(3)], ["0", "1"]),
        ({"epoch": 3}, []),
        (None, []),
    ],
    ids=["tensor", "sparse", "list", "no tensor", "nothing"],
)
def test_names_where_there_is_no_state_dict(
    open_pytorch: Opener, tmp_path: Path, saved: object, names: list[str]
) -> None:
    """A bare tensor is called as its file is; a bare list's tensors are called by index."""
    path = tmp_path / "solo.pt"
    torch.save(saved, path)
    assert [tensor.name for tensor in open_pytorch(path).tensors] == names


def test_equal_names_are_told_apart(open_pytorch: Opener, tmp_path: Path) -> None:
    """Keys that differ in type only, dots in keys and parts of sparse tensors never make two equal names."""
    path = tmp_path / "model.pt"
    torch.save(
        {
            1: torch.zeros(1),
            "1": torch.zeros(2),
            "1~2": torch.zeros(3),
            "a": {"b": torch.zeros(4)},
            "a.b": torch.zeros(5),
            "s.values": torch.zeros(6),
            "s": torch.ones(7).to_sparse(),
        },
        path,
    )
    names = [(tensor.name, tensor.shape[-1]) for tensor in open_pytorch(path).tensors]
    assert names == [
        *(("1", 1), ("1~2", 2), ("1~2~2", 3), ("a.b", 4), ("a.b~2", 5), ("s.values", 6)),
        *(("s.indices", 7), ("s.values~2", 7)),
    ]


def test_distinct_names_of_many_equal_ones() -> None:
    """A hundred thousand equal names are told apart in one pass."""
    assert len(set(distinct_names(["w"] * 100_000))) == 100_000


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
def test_tied_tensors_name_their_owner(open_pytorch: Opener, tmp_path: Path, is_zip: bool) -> None:
    """The largest tensor of a storage owns it, the earliest of equal ones; views name it, copies do not."""
    table = torch.randn(8, 4)
    saved = {
        "row": table[2],
        "embed": table,
        "head": table.view(8, 4),
        "turned": table.t(),
        "copy": table.clone(),
        "flat": table.view(-1)[4:20],
    }
    path = tmp_path / "tied.pt"
    torch.save(saved, path, _use_new_zipfile_serialization=is_zip)
    with open_pytorch(path) as checkpoint:
        assert_same(checkpoint, saved)
        owners = {tensor.name: tensor.shares_storage_with for tensor in checkpoint.tensors}
    assert owners == {"row": "embed", "embed": None, "head": "embed", "turned": "embed", "copy": None, "flat": "embed"}


def test_interleaved_views_own_their_bytes(open_pytorch: Opener, tmp_path: Path) -> None:
    """Halves of the columns of one matrix share a storage and no byte; a third view shares with both."""
    matrix = torch.arange(32.0).reshape(4, 8)
    path = tmp_path / "fused.pt"
    torch.save({"k": matrix[:, :4], "v": matrix[:, 4:], "w": matrix[1:3, 3:5]}, path)
    with open_pytorch(path) as checkpoint:
        assert [tensor.shares_storage_with for tensor in checkpoint.tensors] == [None, None, "k"]
        assert "strides (8, 1)" in checkpoint.tensors[0].note


def test_comparing_views_is_bounded(open_pytorch: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of columns of one matrix are not compared with each other without end: each owns its bytes."""
    monkeypatch.setattr(child_sharing, "MAX_COMPARISONS", 1000)
    matrix = torch.zeros(4, 2000)
    path = tmp_path / "columns.pt"
    torch.save([matrix[:, index] for index in range(2000)], path)
    with open_pytorch(path) as checkpoint:
        assert {tensor.shares_storage_with for tensor in checkpoint.tensors} == {None}


def sparse_tensor(layout: torch.layout) -> torch.Tensor:
    """A 4 by 6 matrix with 5 elements or blocks."""
    dense = torch.zeros(4, 6)
    dense[0, 1], dense[1, 4], dense[2, 0], dense[3, 5], dense[3, 2] = 1.5, -2.5, 3.5, 4.5, 5.5
    if layout is torch.sparse_coo:
        return dense.to_sparse()
    if layout is torch.sparse_csr:
        return dense.to_sparse_csr()
    if layout is torch.sparse_csc:
        return dense.to_sparse_csc()
    return dense.to_sparse_bsr((2, 2)) if layout is torch.sparse_bsr else dense.to_sparse_bsc((2, 2))


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("layout", SPARSE_KINDS, ids=str)
def test_sparse_tensors_come_in_parts(open_pytorch: Opener, tmp_path: Path, layout: torch.layout, is_zip: bool) -> None:
    """Indices and values of every sparse layout are tensors of their own."""
    tensor = sparse_tensor(layout)
    path = tmp_path / "sparse.pt"
    torch.save({"s": tensor}, path, _use_new_zipfile_serialization=is_zip)
    expected = {f"s.{kind}": getattr(tensor, kind)() for kind in SPARSE_KINDS[layout]}
    with open_pytorch(path) as checkpoint:
        assert_same(checkpoint, expected)
        assert all(is_in_place(part, path) and "(4, 6)" in part.note for part in checkpoint.tensors)


def test_an_uncoalesced_sparse_tensor_is_read_as_it_is(open_pytorch: Opener, tmp_path: Path) -> None:
    """Coordinates that are given twice stay twice."""
    tensor = torch.sparse_coo_tensor(torch.tensor([[1, 1]]), torch.tensor([2.0, 3.0]), (4,))
    path = tmp_path / "sparse.pt"
    torch.save([tensor], path)
    assert_same(open_pytorch(path), {"0.indices": torch.tensor([[1, 1]]), "0.values": torch.tensor([2.0, 3.0])})


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("dtype", [torch.qint8, torch.quint8, torch.qint32], ids=str)
@pytest.mark.parametrize("is_per_channel", [False, True], ids=["tensor", "channel"])
def test_quantized_tensors_come_in_parts(
    open_pytorch: Opener, tmp_path: Path, dtype: torch.dtype, is_per_channel: bool, is_zip: bool
) -> None:
    """Stored integers, scales and zero points are tensors of their own, and give torch's values."""
    dense = torch.linspace(-1, 1, 12).reshape(3, 4)
    scales, zero_points = torch.tensor([0.01, 0.02, 0.04], dtype=torch.float64), torch.tensor([0, 1, 2])
    tensor = (
        torch.quantize_per_channel(dense, scales, zero_points, 0, dtype)
        if is_per_channel
        else torch.quantize_per_tensor(dense, 0.01, 3, dtype)
    )
    path = tmp_path / "quantized.pt"
    torch.save({"q": tensor}, path, _use_new_zipfile_serialization=is_zip)
    with open_pytorch(path) as checkpoint:
        integers, scale, zero_point = checkpoint.tensors
        assert [part.name for part in checkpoint.tensors] == ["q.int_repr", "q.scale", "q.zero_point"]
        assert stored_bytes(integers) == dense_bytes(tensor.int_repr())
        assert is_in_place(integers, path)
        got_scale = np.frombuffer(stored_bytes(scale), scale.dtype).reshape(-1, 1)
        got_zero = np.frombuffer(stored_bytes(zero_point), zero_point.dtype).reshape(-1, 1)
    values = got_scale * (tensor.int_repr().numpy().astype("float64") - got_zero)
    assert values == pytest.approx(tensor.dequantize().numpy(), rel=1e-6)


def test_lazy_conjugation_and_negation_are_carried_out(open_pytorch: Opener, tmp_path: Path) -> None:
    """A conjugate view and the imaginary part of one have the bytes of the values, not of the storage."""
    numbers = torch.complex(torch.arange(4.0), torch.arange(1.0, 5.0))
    saved = {"plain": numbers, "conjugate": numbers.clone().conj(), "negated": numbers.clone().conj().imag}
    path = tmp_path / "complex.pt"
    torch.save(saved, path)
    with open_pytorch(path) as checkpoint:
        assert_same(checkpoint, saved)
        assert [is_in_place(tensor, path) for tensor in checkpoint.tensors] == [True, False, False]


def test_a_compressed_archive_is_copied(open_pytorch: Opener, tmp_path: Path) -> None:
    """An archive that was compressed again gives the same tensors, tied ones included."""
    table = torch.arange(100.0)
    plain, path = tmp_path / "plain.pt", tmp_path / "compressed.pt"
    torch.save({"a": table, "b": table[10:20]}, plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            target.writestr(entry.filename, source.read(entry))
    with open_pytorch(path) as checkpoint:
        assert_same(checkpoint, {"a": table, "b": table[10:20]})
        assert checkpoint.tensors[1].shares_storage_with == "a"


def test_an_archive_in_another_order_is_read_right(open_pytorch: Opener, tmp_path: Path) -> None:
    """Where another program wrote the records in another order, each tensor still has its own bytes."""
    plain, path = tmp_path / "plain.pt", tmp_path / "shuffled.pt"
    saved = {name: torch.full((5,), float(index)) for index, name in enumerate("abcd")}
    torch.save(saved, plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w") as target:
        for entry in reversed(source.infolist()):
            target.writestr(entry.filename, source.read(entry))
    assert_same(open_pytorch(path), saved)


def test_an_archive_from_before_the_byte_order_mark_is_little_endian(open_pytorch: Opener, tmp_path: Path) -> None:
    """Archives of torch 1.6 to 2.0 name neither byte order nor format version."""
    plain, path = tmp_path / "plain.pt", tmp_path / "old.pt"
    torch.save({"a": torch.arange(5.0)}, plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w") as target:
        for entry in source.infolist():
            if entry.filename.endswith(("data.pkl", "data/0", "version")):
                target.writestr(entry.filename, source.read(entry))
    assert_same(open_pytorch(path), {"a": torch.arange(5.0)})


def test_the_storages_of_a_legacy_file_are_not_read(tmp_path: Path) -> None:
    """Loading through the reader leaves a large storage untouched; its bytes come when asked for."""
    path = tmp_path / "legacy.pt"
    torch.save(torch.arange(READ_AT_ONCE), path, _use_new_zipfile_serialization=False)
    wanted = np.arange(READ_AT_ONCE).tobytes()
    buffer = bytearray(len(wanted))
    with SkippingReader(io.FileIO(path)) as reader:
        start = path.stat().st_size - len(wanted)
        reader.seek(start)
        assert reader.readinto(memoryview(buffer)) == len(wanted)
        assert (bytes(buffer), reader.tell()) == (bytes(len(wanted)), start + len(wanted))
        reader.read_at(start, memoryview(buffer))
    assert bytes(buffer) == wanted


def test_a_storage_that_is_read_in_pieces_is_one_region(tmp_path: Path) -> None:
    """Storages of over 1 GiB are read in pieces; their regions join, others do not."""
    path = tmp_path / "sparse file"
    with path.open("wb") as file:
        file.truncate(5 << 30)
    memory = np.empty(3 << 30, dtype=np.uint8)  # never touched, so it takes no memory
    first = memory.__array_interface__["data"][0]
    with SkippingReader(io.FileIO(path)) as reader:
        reader.seek(8)
        for start in (0, 1 << 30):
            reader.readinto(memory.data[start : start + (1 << 30)])
        reader.seek(4 << 30)
        reader.readinto(memory.data[2 << 30 :])
        regions = reader.regions()
    assert regions == (Region(first, 2 << 30, 8), Region(first + (2 << 30), 1 << 30, 4 << 30))
