"""`PATH::TENSOR[INDEX]`: what is path, name and index, whatever characters they hold."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from precisionlab.analysis.elements import element_text
from precisionlab.checkpoints.model import ByteRange, Checkpoint, Omission, TensorInfo
from precisionlab.cli.element_reference import (
    Place,
    find_place,
    path_and_rest,
    split_index,
    split_path,
)
from precisionlab.errors import UsageError

TEXTS = st.text(alphabet="ab:[],-1 \x1b", max_size=8)
"""Names made of what the grammar is made of."""
SHAPES = st.lists(st.integers(1, 5), max_size=4).map(tuple)


def tensor(name: str, shape: tuple[int, ...] = (4, 6)) -> TensorInfo:
    """A header."""
    return TensorInfo(name, "float32", shape, ByteRange("file", 0, 0))


def checkpoint(*tensors: TensorInfo, omissions: tuple[Omission, ...] = ()) -> Checkpoint:
    """Headers behind a path."""
    return Checkpoint("model.x", "safetensors", ("model.x",), tensors, omissions)


@given(TEXTS.filter(bool), TEXTS)
@example("a::b", "c::d")
@example("a:", ":b")
def test_the_longest_path_that_exists_wins(path: str, rest: str) -> None:
    """A path and a name survive being joined, where no longer prefix exists."""
    text = f"{path}::{rest}"
    assert split_path(text, lambda prefix: prefix == path) == (path, rest)
    shorter = {path[:i] for i in range(len(path) + 1)}
    assert split_path(text, lambda prefix: prefix in shorter) == (path, rest)


@given(TEXTS, TEXTS)
def test_where_no_path_exists_it_is_the_shortest(path: str, rest: str) -> None:
    """The error then tells of the text before the first mark."""
    text = f"{path}::{rest}"
    assert split_path(text, lambda _: False) == tuple(text.split("::", 1))


def test_paths_with_the_mark_in_them(tmp_path: Path) -> None:
    """Files, folders, and sets of shards that are no file."""
    (tmp_path / "odd::name.npy").touch()
    (tmp_path / "odd").touch()
    assert path_and_rest(f"{tmp_path}/odd::name.npy::w[0]") == (f"{tmp_path}/odd::name.npy", "w[0]")
    assert path_and_rest(f"{tmp_path}/odd::name[0]") == (f"{tmp_path}/odd", "name[0]")
    shards = f"{tmp_path}/model-*-of-00002.safetensors"
    assert path_and_rest(f"{shards}::a::b") == (shards, "a::b")
    assert path_and_rest("::w") == ("", "w")


@given(TEXTS, SHAPES, st.data())
def test_an_element_of_any_tensor_is_found(name: str, shape: tuple[int, ...], data: st.DataObject) -> None:
    """Names with brackets, colons and commas, indices of any sign, blanks between."""
    index = tuple(data.draw(st.integers(0, size - 1)) for size in shape)
    written = [i - size if data.draw(st.booleans()) else i for i, size in zip(index, shape, strict=True)]
    text = element_text(written).replace(",", data.draw(st.sampled_from([",", ", ", " ,"])))
    place = find_place(checkpoint(tensor(name, shape), tensor("other")), name + text)
    assert (place.tensor.name, place.index) == (name, index)


@given(TEXTS, TEXTS)
def test_the_very_name_comes_first(name: str, other: str) -> None:
    """A name that ends like an index is no index, and the name before it still has its own."""
    literal = f"{name}[{other}]"
    place = find_place(checkpoint(tensor(name), tensor(literal)), literal)
    assert (place.tensor.name, place.index) == (literal, None)
    assert find_place(checkpoint(tensor(name), tensor(literal)), f"{literal}[-1,0]").index == (3, 0)


def test_parts_of_complex_elements() -> None:
    """After the brackets; a tensor of that very name comes first."""
    part = TensorInfo("z[0]", "complex64", (4, 6), ByteRange("file", 0, 0))
    literal = tensor("z[0][1,2].imag")
    assert find_place(checkpoint(part), "z[0][1,-1].imag") == Place(part, (1, 5), "imaginary")
    assert find_place(checkpoint(part), "z[0][1,2].real") == Place(part, (1, 2), "real")
    assert find_place(checkpoint(part, literal), "z[0][1,2].imag") == Place(literal, None)
    with pytest.raises(
        UsageError, match=r"z\[0\]\.imag: names a part of a whole tensor; its shape is \[4, 6\], an index"
    ):
        find_place(checkpoint(part), "z[0].imag")


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("w[3,5]", ("w", "3,5")),
        ("w[0][3,5]", ("w[0]", "3,5")),
        ("w[]", ("w", "")),
        ("w", ("w", None)),
        ("w]", ("w]", None)),
        ("w[3", ("w[3", None)),
        ("[3]", ("", "3")),
        ("", ("", None)),
    ],
)
def test_only_brackets_at_the_end_are_an_index(rest: str, expected: tuple[str, str | None]) -> None:
    """The last pair, where it ends the text."""
    assert split_index(rest) == expected


def test_a_tensor_without_axes_has_one_element() -> None:
    """With empty brackets or none."""
    scalar = checkpoint(tensor("scale", ()))
    assert find_place(scalar, "scale").index == find_place(scalar, "scale[]").index == ()


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("w[4,0]", "w[4,0]: 4 is outside axis 0 of shape [4, 6]; it takes -4 to 3"),
        ("w[0,-7]", "w[0,-7]: -7 is outside axis 1 of shape [4, 6]; it takes -6 to 5"),
        ("w[5]", "w[5]: 1 index for 2 axes; its shape is [4, 6], an index such as [0,0]"),
        ("w[]", "w[]: 0 indices for 2 axes; its shape is [4, 6], an index such as [0,0]"),
        ("w[1,2,3]", "w[1,2,3]: 3 indices for 2 axes; its shape is [4, 6], an index such as [0,0]"),
        ("w[a,0]", "w[a,0]: a is no whole number; its shape is [4, 6], an index such as [0,0]"),
        ("w[1.5,0]", "w[1.5,0]: 1.5 is no whole number; its shape is [4, 6], an index such as [0,0]"),
        ("w[1,]", "w[1,]: nothing is no whole number; its shape is [4, 6], an index such as [0,0]"),
        ("w[:,0]", "w[:,0]: : is no whole number; its shape is [4, 6], an index such as [0,0]"),
        ("s[0]", "s[0]: 1 index for 0 axes; its shape is [], an index such as []"),
        ("empty[0,0]", "empty: has no elements: its shape is [0, 5]"),
        ("layer.weigth[0]", "layer.weigth: there is no such tensor in model.x; did you mean layer.weight?"),
        ("zzz", "zzz: there is no such tensor in model.x; it has 5, such as w, s, empty"),
        ("tokens", "tokens: cannot be looked at: is of type text"),
        ("w\x1b[0m[0]", r"w\x1b[0m: there is no such tensor in model.x"),
    ],
)
def test_wrong_references_say_what_would_be_accepted(rest: str, message: str) -> None:
    """What was given, the shape or the nearest name; names escaped."""
    tensors = (tensor("w"), tensor("s", ()), tensor("empty", (0, 5)), tensor("layer.weight"), tensor("other.bias"))
    with pytest.raises(UsageError) as caught:
        find_place(checkpoint(*tensors, omissions=(Omission("tokens", "is of type text"),)), rest)
    assert str(caught.value).startswith(message)


def test_an_empty_checkpoint_has_no_names_to_suggest() -> None:
    """It says so."""
    with pytest.raises(UsageError, match=r"it has 0$"):
        find_place(checkpoint(), "w")
