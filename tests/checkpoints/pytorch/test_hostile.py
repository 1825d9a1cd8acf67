"""PyTorch files that are damaged or written to do harm: each ends in one clear error, or is read safely."""

import os
import pickle
import random
import struct
import tarfile
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from precisionlab.checkpoints import pytorch
from precisionlab.checkpoints.model import Checkpoint
from precisionlab.checkpoints.pytorch import child_tree
from precisionlab.errors import CheckpointError

pytestmark = [
    pytest.mark.filterwarnings("ignore:Sparse:UserWarning"),  # torch says once that it is in beta
    pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning"),
    pytest.mark.filterwarnings("ignore:TypedStorage:UserWarning"),  # and that it will go
]

Opener = Callable[[Path], Checkpoint]


class Call:
    """Pickles as the call of a function, which any unpickler but a careful one makes."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.call


def save(path: Path, loaded: object, *, is_zip: bool = True) -> Path:
    """Save with torch, as a zip archive or a legacy file."""
    torch.save(loaded, path, _use_new_zipfile_serialization=is_zip)
    return path


def assert_sound(checkpoint: Checkpoint) -> None:
    """Every tensor lies inside a file that exists."""
    for tensor in checkpoint.tensors:
        assert tensor.location.length == tensor.n_bytes
        assert tensor.location.offset + tensor.n_bytes <= Path(tensor.location.path).stat().st_size


def refusal(open_pytorch: Opener, path: Path) -> str:
    """Why the file does not open; nothing if it does, and then soundly."""
    try:
        with open_pytorch(path) as checkpoint:
            assert_sound(checkpoint)
    except CheckpointError as error:
        return str(error)
    return ""


@pytest.fixture
def state() -> dict[str, object]:
    """Tensors in place, views, sparse ones and plain values."""
    table = torch.arange(24.0).reshape(4, 6)
    return {"a": table, "b": table.t(), "s": torch.eye(3).to_sparse(), "n": [1, "two", None], "h": torch.ones(5).half()}


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
def test_a_truncated_file_is_refused(
    open_pytorch: Opener, tmp_path: Path, state: dict[str, object], is_zip: bool
) -> None:
    """Wherever the file ends too early, it does not open."""
    content = save(tmp_path / "whole.pt", state, is_zip=is_zip).read_bytes()
    path = tmp_path / "cut.pt"
    for end in [*range(1, len(content), len(content) // 60), len(content) - 1]:
        path.write_bytes(content[:end])
        assert refusal(open_pytorch, path), end


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
def test_flipped_bits_never_lead_outside_the_file(
    open_pytorch: Opener, tmp_path: Path, state: dict[str, object], is_zip: bool
) -> None:
    """A file with a flipped bit opens soundly or is refused; most flips outside of the data are noticed."""
    content = bytearray(save(tmp_path / "whole.pt", state, is_zip=is_zip).read_bytes())
    path = tmp_path / "flipped.pt"
    outcomes = []
    for position in random.Random(3).sample(range(8 * len(content)), 250):  # noqa: S311 (no secret)
        content[position // 8] ^= 1 << position % 8
        path.write_bytes(content)
        outcomes.append(refusal(open_pytorch, path))
        content[position // 8] ^= 1 << position % 8
    assert "" in outcomes
    assert any(outcomes)
    assert all(outcome.isprintable() and "weights_only=False" not in outcome for outcome in outcomes)


def _attacks(marker: Path) -> dict[str, tuple[object, str]]:
    """Objects whose careless loading makes the marker, and what an error has to name."""
    command = f"touch {marker}"
    rebuild = torch._tensor._rebuild_from_type_v2
    return {
        "system": (Call(os.system, command), "posix.system"),
        "eval": (Call(eval, f"open({str(marker)!r}, 'w')"), "builtins.eval"),
        "exec": (Call(exec, f"open({str(marker)!r}, 'w')"), "builtins.exec"),
        "getattr": (Call(getattr, Call(__import__, "os"), "system"), "builtins.getattr"),
        "smuggled": (Call(rebuild, os.system, torch.Tensor, (command,), {}), "posix.system"),
        "layered": ({"w": torch.ones(2), "x": [Call(Call, Call(os.system, command))]}, "test_pytorch_hostile.Call"),
    }


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("attack", ["system", "eval", "exec", "getattr", "smuggled", "layered"])
def test_nothing_of_a_pickle_runs(open_pytorch: Opener, tmp_path: Path, attack: str, is_zip: bool) -> None:
    """A pickle that calls anything is refused with the name of that, and nothing was called."""
    marker = tmp_path / "marker"
    loaded, name = _attacks(marker)[attack]
    path = save(tmp_path / "evil.pt", {"w": torch.ones(2), "x": loaded}, is_zip=is_zip)
    with pytest.raises(
        CheckpointError, match=r"asks for .*, and only tensors and plain containers are loaded"
    ) as caught:
        open_pytorch(path)
    assert name.rpartition(".")[2] in caught.value.problem
    assert "state_dict" in caught.value.remedy
    assert not marker.exists()


def test_the_attacks_are_real(tmp_path: Path) -> None:
    """Plain unpickling does make the marker: the test above would notice."""
    marker = tmp_path / "marker"
    pickle.loads(pickle.dumps(_attacks(marker)["system"][0], protocol=2))  # noqa: S301 (our own attack)
    assert marker.exists()


def test_a_class_is_refused_by_name(open_pytorch: Opener, tmp_path: Path) -> None:
    """A whole module, pickled, is refused with the name of the class that it needs."""
    path = save(tmp_path / "module.pt", torch.nn.Linear(2, 2))
    with pytest.raises(CheckpointError, match=r"asks for torch\.nn\.modules\.linear\.Linear, and only") as caught:
        open_pytorch(path)
    assert caught.value.remedy.startswith("where you trust the file, save its state dict alone")


def test_a_hostile_global_name_is_escaped(open_pytorch: Opener, tmp_path: Path) -> None:
    """A name with a terminal escape is shown escaped."""
    path = rewrite(save(tmp_path / "a.pt", [torch.ones(1)]), tmp_path / "b.pt", b"\x80\x02c\x1b[31mx\nevil\n.")
    with pytest.raises(CheckpointError, match=r"asks for \\x1b\[31mx\.evil, and only"):
        open_pytorch(path)


def test_another_pickle_protocol_is_refused_by_its_instruction(open_pytorch: Opener, tmp_path: Path) -> None:
    """What torch cannot load as weights only because of its protocol says so."""
    path = tmp_path / "protocol.pt"
    torch.save({"a": torch.ones(2)}, path, pickle_protocol=4)
    with pytest.raises(CheckpointError, match="uses the instruction FRAME") as caught:
        open_pytorch(path)
    assert "protocol" in caught.value.remedy


def rewrite(source: Path, target: Path, pickled: bytes) -> Path:
    """The archive with another pickle."""
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w") as written:
        for entry in archive.infolist():
            content = pickled if entry.filename.endswith("data.pkl") else archive.read(entry)
            written.writestr(entry.filename, content)
    return target


Geometry = tuple[tuple[int, ...], tuple[int, ...], int]
"""Shape, strides and offset of a view."""


def rebuilt(geometry: Geometry) -> Call:
    """A view of a storage of 16 bytes."""
    shape, stride, offset = geometry
    untyped = torch.arange(4.0).untyped_storage()
    storage = torch.storage.TypedStorage(wrap_storage=untyped, dtype=torch.float32)  # type: ignore[no-untyped-call]
    return Call(torch._utils._rebuild_tensor_v2, storage, offset, shape, stride, False, OrderedDict())


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (((2**40,), (0,), 0), "repeats elements"),
        (((2**31, 2**31), (0, 0), 0), "repeats elements"),
        (((5,), (0,), 3), "repeats elements"),
        (((3, 3), (1, 0), 0), "repeats elements"),
        (((1,) * 65, (1,) * 65, 0), "dimensions"),
    ],
    ids=["stride 0", "overflow", "five of one", "overlap", "65 dimensions"],
)
def test_views_of_more_than_there_is_are_left_out(
    open_pytorch: Opener,
    tmp_path: Path,
    geometry: Geometry,
    reason: str,
    is_zip: bool,
) -> None:
    """A view that claims more elements than are stored is named and never touched; the others are read."""
    path = save(tmp_path / "view.pt", {"v": rebuilt(geometry), "w": torch.ones(3)}, is_zip=is_zip)
    checkpoint = open_pytorch(path)
    assert [tensor.name for tensor in checkpoint.tensors] == ["w"]
    assert [(omission.name, reason in omission.reason) for omission in checkpoint.omissions] == [("v", True)]


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize(
    "geometry",
    [
        ((5,), (1,), 0),
        ((2,), (3,), 1),
        ((1,), (1,), -1),
        ((2**62, 4), (0, 0), 0),
        ((2,), (-1,), 1),
        ((2**50,), (1,), 0),
    ],
    ids=["long", "far", "before", "overflow", "backwards", "huge"],
)
def test_views_beyond_their_storage_are_refused(
    open_pytorch: Opener,
    tmp_path: Path,
    geometry: Geometry,
    is_zip: bool,
) -> None:
    """A tensor that reaches beyond its storage makes the file a damaged one."""
    path = save(tmp_path / "view.pt", {"v": rebuilt(geometry)}, is_zip=is_zip)
    with pytest.raises(CheckpointError, match="is truncated, damaged, or not what"):
        open_pytorch(path)


def test_a_storage_beyond_its_record_is_refused(open_pytorch: Opener, tmp_path: Path) -> None:
    """A pickle that gives a storage more elements than its record holds does not read its neighbours."""
    source = save(tmp_path / "a.pt", {"a": torch.arange(8.0), "b": torch.arange(300.0)})
    with zipfile.ZipFile(source) as archive:
        [name] = [name for name in archive.namelist() if name.endswith("data.pkl")]
        pickled = archive.read(name).replace(b"K\x08", b"K\x10")  # eight elements become sixteen
    path = rewrite(source, tmp_path / "b.pt", pickled)
    with pytest.raises(CheckpointError, match="tensor a lies outside of every stored record"):
        open_pytorch(path)


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
def test_sparse_indices_out_of_range_are_found_out(open_pytorch: Opener, tmp_path: Path, is_zip: bool) -> None:
    """Indices that would crash torch are noticed before anything uses them."""
    coordinates = torch.sparse_coo_tensor(
        torch.tensor([[2**40]]), torch.ones(1), (4,), check_invariants=False, is_coalesced=True
    )
    rows = torch.sparse_csr_tensor(
        torch.tensor([0, 1]), torch.tensor([-7]), torch.ones(1), (1, 4), check_invariants=False
    )
    path = save(tmp_path / "sparse.pt", {"coo": coordinates, "csr": rows, "w": torch.ones(1)}, is_zip=is_zip)
    checkpoint = open_pytorch(path)
    assert [tensor.name for tensor in checkpoint.tensors] == ["w"]
    assert [omission.name for omission in checkpoint.omissions] == ["coo", "csr"]
    assert all("indices do not fit" in omission.reason for omission in checkpoint.omissions)


def test_tensors_without_bytes_are_left_out(open_pytorch: Opener, tmp_path: Path) -> None:
    """Meta tensors, nested ones, unknown dtypes and bare storages are named with the reason, plain sets are not."""
    saved = {
        "meta": torch.empty(3, device="meta"),
        "nested": torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
        "bits": torch.arange(4, dtype=torch.uint8).view(torch.bits8),
        "storage": torch.ones(2).untyped_storage(),
        "set": {1, 2},
    }
    checkpoint = open_pytorch(save(tmp_path / "odd.pt", saved))
    assert checkpoint.tensors == ()
    assert {omission.name: omission.reason for omission in checkpoint.omissions} == {
        "meta": "is a tensor on the meta device, whose values the file does not hold",
        "nested": "is a nested tensor or another wrapper of tensors",
        "bits": "has the unsupported dtype bits8",
        "storage": "is no tensor but of the type TypedStorage",
    }


class DisguisedDict:
    """Pickles as an ordered dict whose instance has attributes that hide its methods."""

    def __init__(self, content: dict[str, object], attributes: dict[str, object]) -> None:
        self.reduced = (OrderedDict, (), attributes, None, iter(content.items()))

    def __reduce__(self) -> tuple[object, ...]:
        return self.reduced


def test_attributes_that_hide_methods_change_nothing(open_pytorch: Opener, tmp_path: Path) -> None:
    """A pickle that gives a tensor or a dict attributes named as methods are does not mislead."""
    names = ("is_contiguous", "untyped_storage", "data_ptr", "numel", "detach", "items", "keys", "values")
    disguise: dict[str, object] = dict.fromkeys(names, bytearray)
    storage = torch.arange(3.0).untyped_storage()
    hooks: OrderedDict[str, object] = OrderedDict()
    arguments = (storage, 0, (3,), (1,), False, hooks, torch.float32)
    rebuild = (torch._tensor._rebuild_from_type_v2, torch._utils._rebuild_tensor_v3)
    tensor = Call(*rebuild, torch.Tensor, arguments, disguise)
    checkpoint = open_pytorch(save(tmp_path / "disguised.pt", DisguisedDict({"a": tensor}, disguise)))
    assert [(tensor.name, tensor.dtype, tensor.shape) for tensor in checkpoint.tensors] == [("a", "float32", (3,))]


def test_containers_that_contain_themselves_end(open_pytorch: Opener, tmp_path: Path) -> None:
    """A dict in itself, and a list in its own item, are looked into once and said to be."""
    loop: dict[str, Any] = {"w": torch.ones(1)}
    loop["self"] = loop
    ring: list[Any] = [torch.ones(2)]
    ring.append([ring])
    loop["ring"] = ring
    checkpoint = open_pytorch(save(tmp_path / "loop.pt", loop))
    assert [tensor.name for tensor in checkpoint.tensors] == ["w", "ring.0"]
    assert [(omission.name, omission.reason) for omission in checkpoint.omissions] == [
        ("self", "is the same object as loop"),
        ("ring.1.0", "is the same object as ring"),
    ]


def test_shared_lists_are_visited_once(open_pytorch: Opener, tmp_path: Path) -> None:
    """Forty lists that each hold the next one twice do not take 2^40 steps; values alone are no news."""
    nest: list[Any] = [torch.ones(1)]
    for _ in range(40):
        nest = [nest, nest]
    pair = (0.9, 0.999)
    checkpoint = open_pytorch(save(tmp_path / "nest.pt", {"nest": nest, "betas": [pair, pair]}))
    assert [tensor.name for tensor in checkpoint.tensors] == ["nest" + 41 * ".0"]
    assert len(checkpoint.omissions) == 40


def test_deep_nesting_is_left_out(open_pytorch: Opener, tmp_path: Path) -> None:
    """A list ten thousand deep is not followed to its end, and does not stop the rest."""
    deep = b"]" * 10_000 + b"a" * 9_999
    source = save(tmp_path / "a.pt", [torch.ones(1)])
    checkpoint = open_pytorch(rewrite(source, tmp_path / "deep.pt", b"\x80\x02" + deep + b"."))
    assert [omission.reason for omission in checkpoint.omissions] == ["is nested deeper than 100 levels"]


def test_hostile_names_survive_as_data(open_pytorch: Opener, tmp_path: Path) -> None:
    """Control characters, markup, half surrogate pairs, ten thousand characters and huge integers are names."""
    names = ["\x1b[2J", "<script>", "[red]", "a\nb", "\ud800", "x" * 10_000, "\u202e", "../../etc", "\0"]
    saved: dict[object, object] = {name: torch.ones(1) for name in names}
    saved |= {2**2000: torch.ones(1), -1: torch.ones(1), b"\xff": torch.ones(1)}
    checkpoint = open_pytorch(save(tmp_path / "names.pt", saved))
    assert [tensor.name for tensor in checkpoint.tensors] == [*names, str(2**2000), "-1", "\\xff"]


def test_unreasonable_names_are_refused(open_pytorch: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is too long is left out; if all together are, the file is refused."""
    path = save(tmp_path / "long.pt", {"x" * (1 << 17): torch.ones(1), "w": torch.ones(1)})
    checkpoint = open_pytorch(path)
    assert [tensor.name for tensor in checkpoint.tensors] == ["w"]
    assert [omission.reason for omission in checkpoint.omissions] == ["its name has 131,072 characters"]
    monkeypatch.setattr(child_tree, "MAX_NAMES", 1000)
    with pytest.raises(CheckpointError, match="unreasonably long"):
        open_pytorch(path)


def test_copies_are_bounded_by_the_file(open_pytorch: Opener, tmp_path: Path) -> None:
    """Many rearranged views of one storage stop being copied before they fill the disk."""
    table = torch.zeros(1000, 1000)
    checkpoint = open_pytorch(save(tmp_path / "views.pt", {f"v{index}": table.t() for index in range(40)}))
    with checkpoint:
        assert_sound(checkpoint)
        assert 10 < len(checkpoint.tensors) < 40
        assert len(checkpoint.tensors) + len(checkpoint.omissions) == 40
        assert all("temporary copy" in omission.reason for omission in checkpoint.omissions)


def test_a_copy_that_cannot_be_written_is_one_error(
    open_pytorch: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that does not take the copy ends opening with the system's word for it."""
    path = save(tmp_path / "turned.pt", {"t": torch.ones(2, 3).t()})
    monkeypatch.setattr(pytorch, "_copy_path", lambda _: str(tmp_path / "nowhere" / "copy"))
    with pytest.raises(CheckpointError, match=r"copy cannot be written \(No such file or directory\)"):
        open_pytorch(path)


def test_more_memory_than_there_is_is_one_error(open_pytorch: Opener, tmp_path: Path) -> None:
    """A pickle that asks for 2^62 bytes is refused."""
    path = save(tmp_path / "large.pt", [Call(bytearray, 2**62)])
    with pytest.raises(CheckpointError, match="takes more memory to load than there is"):
        open_pytorch(path)


@pytest.fixture
def without_added_globals() -> Iterator[None]:
    """Torch as in the child: nothing imported that allows unpickling more."""
    added = torch.serialization.get_safe_globals()
    torch.serialization.clear_safe_globals()
    yield
    torch.serialization.add_safe_globals(added)


@pytest.mark.usefixtures("without_added_globals")
def test_distributed_tensors_are_refused_by_name(open_pytorch: Opener, tmp_path: Path) -> None:
    """What torch would load only after an import is named, and not imported."""
    pickled = b"\x80\x02ctorch.distributed.tensor\nDTensor\n."
    path = rewrite(save(tmp_path / "a.pt", [torch.ones(1)]), tmp_path / "b.pt", pickled)
    with pytest.raises(CheckpointError, match=r"holds tensors of torch\.distributed\.tensor"):
        open_pytorch(path)


def archive_with(source: Path, target: Path, **changed: bytes | None) -> Path:
    """The archive with some members replaced or, where they are None, left out."""
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w") as written:
        names = [entry.filename for entry in archive.infolist()]
        folder = names[0].split("/")[0]
        contents = {name: archive.read(name) for name in names}
        contents |= {f"{folder}/{name}": content for name, content in changed.items() if content is not None}
        for name, content in contents.items():
            if changed.get(name.partition("/")[2], b"") is not None:
                written.writestr(name, content)
    return target


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"byteorder": b"big"}, "saved on a big-endian machine"),
        ({"byteorder": b"middle"}, "saved on a big-endian machine"),
        ({"constants.pkl": b""}, "TorchScript archive"),
        ({"code/__torch__.py": b""}, "TorchScript archive"),
        ({"data.pkl": None}, "zip archive that torch.save did not write"),
        ({"other/data.pkl": b""}, "zip archive that torch.save did not write"),
        ({"data/0": None}, "truncated, damaged"),
        ({"data/0": b"short"}, "truncated, damaged|outside of every stored record"),
    ],
    ids=["big-endian", "no order", "constants", "code", "no pickle", "two pickles", "no record", "short record"],
)
def test_archives_of_other_kinds_are_refused(
    open_pytorch: Opener, tmp_path: Path, changed: dict[str, bytes | None], problem: str
) -> None:
    """Big-endian, TorchScript and incomplete archives are refused by name."""
    source = save(tmp_path / "a.pt", {"a": torch.arange(300.0)})
    path = archive_with(source, tmp_path / "b.pt", **changed)
    with pytest.raises(CheckpointError, match=problem):
        open_pytorch(path)


def test_a_zip_bomb_is_refused(open_pytorch: Opener, tmp_path: Path) -> None:
    """A record that claims to inflate to two thousand times the archive is not inflated."""
    source, path = save(tmp_path / "a.pt", {"a": torch.zeros(1 << 18)}), tmp_path / "bomb.pt"
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as written:
        for entry in archive.infolist():
            written.writestr(entry.filename, archive.read(entry))
    content = bytearray(path.read_bytes())
    entry_start = content.rindex(b"PK\x01\x02", 0, content.rindex(b"/data/0"))
    struct.pack_into("<I", content, entry_start + 24, 0xF0000000)
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="would inflate to"):
        open_pytorch(path)


def test_files_of_other_kinds_are_refused(open_pytorch: Opener, tmp_path: Path) -> None:
    """The tar format of 2017 is named; what is no archive and no legacy file is none of torch's."""
    path = tmp_path / "old.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name in ("sys_info", "pickle", "tensors", "storages"):
            archive.addfile(tarfile.TarInfo(name))
    with pytest.raises(CheckpointError, match="tar format of 2017"):
        open_pytorch(path)
    path.write_bytes(b"\x80\x04N.")
    with pytest.raises(CheckpointError, match="no PyTorch checkpoint"):
        open_pytorch(path)


def test_files_are_recognised_by_content(tmp_path: Path, state: dict[str, object]) -> None:
    """Zip archives, legacy files and old tars of torch are recognised under any name, others are not."""
    heads = {
        "zip": save(tmp_path / "a", state).read_bytes()[:512],
        "legacy": save(tmp_path / "b", state, is_zip=False).read_bytes()[:512],
        "tar": b"sys_info".ljust(257, b"\0") + b"ustar",
        "other tar": b"readme".ljust(257, b"\0") + b"ustar",
        "pickle": pickle.dumps({"a": 1}),
        "other zip": b"PK\x03\x04" + bytes(100),
    }
    recognised = [name for name, head in heads.items() if pytorch.recognises(Path("anything"), head)]
    assert recognised == ["zip", "legacy", "tar"]
