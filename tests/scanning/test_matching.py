"""Tensors under other names: by what stands before them, by their numbers, by what was replaced; never by a guess."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.torch import save_file

from precisionlab.checkpoints import FileReader, TensorInfo, open_checkpoint
from precisionlab.checkpoints.model import ByteRange
from precisionlab.checkpoints.reading import WritableBuffer
from precisionlab.scanning.matching import counterparts, other_names
from precisionlab.scanning.nearness import LEAST_NUMBERS, MOST_IN_GROUP, distances, starts

Array = NDArray[Any]
Matched = Callable[..., dict[str, str]]


class Forbidden(FileReader):
    """Fails the test where anything is read."""

    def read_into(self, location: ByteRange, start: int, buffer: WritableBuffer) -> None:
        """Read nothing."""
        pytest.fail(f"read {location} at {start} into {len(buffer)} bytes")


class Counting(FileReader):
    """Counts what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.n_bytes = 0

    def read_into(self, location: ByteRange, start: int, buffer: WritableBuffer) -> None:
        """Read, and count the bytes."""
        self.n_bytes += len(buffer)
        super().read_into(location, start, buffer)


@pytest.fixture
def matched(tmp_path: Path) -> Matched:
    """Two models to the names there by the names here."""

    def match(
        here: Mapping[str, Array], there: Mapping[str, Array], reader: FileReader | None = None
    ) -> dict[str, str]:
        infos = [written(tmp_path / f"{i}.safetensors", arrays) for i, arrays in enumerate((here, there))]
        with reader or FileReader() as reading:
            return dict(other_names(infos[0], infos[1], reading))

    return match


def written(path: Path, arrays: Mapping[str, Array]) -> Sequence[TensorInfo]:
    """The tensors of a file of these arrays."""
    tensors = {
        name: torch.from_numpy(array.view(np.uint16)).view(torch.bfloat16)
        if array.dtype == ml_dtypes.bfloat16
        else torch.from_numpy(np.ascontiguousarray(array))
        for name, array in arrays.items()
    }
    save_file(tensors, path)
    with open_checkpoint(str(path)) as checkpoint:
        return checkpoint.tensors


def drawn(seed: int, *shape: int) -> NDArray[np.float32]:
    """Normal deviates."""
    return np.random.default_rng(seed).standard_normal(shape or (16, 24)).astype(np.float32)


def layers(n_layers: int = 4) -> dict[str, Array]:
    """Matrices of one shape in each of some layers, and norms that are all alike."""
    found: dict[str, Array] = {}
    for i in range(n_layers):
        found[f"layers.{i}.proj.weight"] = drawn(i)
        found[f"layers.{i}.norm.weight"] = np.ones(48, np.float32)
    return found


def headers(*names: str) -> list[TensorInfo]:
    """Tensors of one shape, somewhere."""
    return [TensorInfo(name, "float32", (4, 4), ByteRange("nowhere", 0, 64)) for name in names]


def test_nothing_is_read_where_names_are_met() -> None:
    """All of them, or all of one side."""
    with Forbidden() as reader:
        assert other_names(headers("a", "b"), headers("b", "a"), reader) == {}
        assert other_names(headers("a"), headers("a", "b", "c"), reader) == {}
        assert other_names(headers("a", "b", "c"), headers("c"), reader) == {}


@pytest.mark.parametrize("beginning", ["model.", "module.", "base_model.model."])
def test_a_beginning_that_was_added_or_dropped_needs_no_numbers(beginning: str) -> None:
    """Headers tell; a tensor of another shape goes with the others."""
    plain = headers("embed.weight", "layers.0.weight", "layers.1.weight")
    wrapped = headers(*(f"{beginning}{info.name}" for info in plain))
    grown = TensorInfo(f"{beginning}embed.weight", "float32", (5, 4), ByteRange("nowhere", 0, 80))
    with Forbidden() as reader:
        for there in (wrapped, [grown, *wrapped[1:]]):
            forth = other_names(plain, there, reader)
            assert forth == {info.name: f"{beginning}{info.name}" for info in plain}
            assert other_names(there, plain, reader) == {name: info for info, name in forth.items()}


def test_a_beginning_that_two_tensors_claim_is_none() -> None:
    """`norm.weight` may be the encoder's or the decoder's; nothing else tells, since nothing can be read."""
    here = headers("encoder.norm.weight", "decoder.norm.weight", "encoder.a.weight", "decoder.a.weight")
    with FileReader() as reader:
        assert other_names(here, headers("norm.weight", "a.weight"), reader) == {}


def test_the_same_bytes_are_found_whatever_their_name(matched: Matched) -> None:
    """Of each shape and every type, also where parts of the name are replaced."""
    arrays = {
        "a.half": drawn(1).astype(np.float16),
        "a.bfloat": drawn(2).astype(ml_dtypes.bfloat16),
        "a.integers": np.arange(384, dtype=np.int64).reshape(16, 24) * 7919 % 1009,
        "a.complex": drawn(3).astype(np.complex64) * (1 + 2j),
        "a.short": drawn(4, 40),
    }
    here = {f"z{i}.{name[2:]}x": array for i, (name, array) in enumerate(arrays.items())}
    found = matched(here, arrays)
    assert found == dict(zip(here, arrays, strict=True))


def test_near_numbers_are_found(matched: Matched) -> None:
    """Fine-tuned, cast, or rounded to a coarse grid: each goes to its own among many of one shape."""
    there = {f"old.{i}.w": drawn(i, 64, 64) for i in range(8)}
    changes = (
        lambda array: array + np.float32(0.02) * drawn(90, 64, 64),
        lambda array: array.astype(ml_dtypes.bfloat16),
        lambda array: np.round(array * 4) / 4,
        lambda array: array.astype(np.float64),
    )
    here = {f"new{i}.w": changes[i % 4](array) for i, array in enumerate(there.values())}
    assert matched(here, there) == dict(zip(here, there, strict=True))


def test_other_numbers_belong_to_nothing(matched: Matched) -> None:
    """Independent weights of one shape, though there be but one on each side; and those of a mean that all share."""
    assert matched({"a": drawn(1)}, {"b": drawn(2)}) == {}
    assert matched({"a": 1 + drawn(1) / 50}, {"b": 1 + drawn(2) / 50}) == {}


def test_what_is_alike_is_not_told_apart(matched: Matched) -> None:
    """Copies, constants, and tensors of few numbers: in none of these cases is one the counterpart of another."""
    twice = {"a": drawn(1), "b": drawn(1)}
    assert matched({"c": drawn(1)}, twice) == {}
    assert matched(twice, {"c": drawn(1) + np.float32(1e-3)}) == {}
    assert matched({"a": np.ones(48, np.float32)}, {"b": np.ones(48, np.float32)}) == {}
    few = drawn(1, LEAST_NUMBERS - 1)
    assert matched({"a": few}, {"b": few}) == {}


def test_what_others_replaced_is_replaced_in_names_of_constants(matched: Matched) -> None:
    """At the beginning, or a part in the middle: fresh norms go where the matrices beside them go."""
    there = layers()
    for old, new in (("layers.", "model.text.layers."), ("layers.", "blocks."), ("layers.", "h.b.")):
        there_named = {f"top.{name}": array for name, array in there.items()}
        here = {
            f"top.{name.replace(old, new)}": array + (drawn(7) / 99 if "proj" in name else 0)
            for name, array in there.items()
        }
        assert matched(here, there_named) == dict(zip(here, there_named, strict=True))


def test_codes_are_no_counterparts_of_numbers() -> None:
    """On either side: scales are beside them; those without are, as ordinary casts are."""
    numbers = headers("a.weight", "b.weight", "c.weight")
    codes = [replace(info, dtype="int8") for info in numbers]
    scales = headers("a.weight_scale", "b.scales")
    apart = {name: name for name in ("a.weight", "b.weight")}
    with Forbidden() as reader:
        for here, there in (([*codes, *scales], numbers), (numbers, [*codes, *scales])):
            found = counterparts(here, there, reader)
            assert (found.names, found.coded) == ({"c.weight": "c.weight"}, apart)
        found = counterparts([*codes, *scales], [*codes, *scales], reader)
        assert (len(found.names), found.coded) == (5, {})


def test_a_tensor_that_cannot_be_read_belongs_to_none() -> None:
    """It is told by what reads all of it."""
    here, there = ([TensorInfo(name, "float32", (8, 8), ByteRange("gone", 0, 256))] for name in ("a", "b"))
    with FileReader() as reader:
        assert other_names(here, there, reader) == {}


def test_reading_grows_with_the_number_of_tensors_alone(matched: Matched) -> None:
    """At most a thousand numbers of each, in groups of any size."""
    arrays = {f"a.{i}": drawn(i, 64, 64) for i in range(24)}
    with Counting() as reader:
        found = matched({f"b{name}": array for name, array in arrays.items()}, arrays, reader)
        assert len(found) == 24
        assert reader.n_bytes == 48 * 1024 * 4


def test_many_tensors_of_one_shape_are_matched_where_they_are_equal(
    matched: Matched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the bound no pairs are formed; equal ones are still found."""
    monkeypatch.setattr("precisionlab.scanning.nearness.MOST_IN_GROUP", 3)
    there = {f"a.{i}": drawn(i) for i in range(6)}
    here = {f"b{i}.w": drawn(i) if i < 2 else drawn(i) * np.float32(1.001) for i in range(6)}
    assert MOST_IN_GROUP > 100
    assert matched(here, there) == {"b0.w": "a.0", "b1.w": "a.1"}


@given(st.integers(1, 1 << 40))
def test_samples_lie_in_the_tensor(n_elements: int) -> None:
    """Runs begin between two bytes of every type, do not overlap, and take all of a small tensor."""
    found = starts(n_elements)
    assert all(start % 64 == 0 and 0 <= start < n_elements for start in found)
    assert list(found) == sorted(set(found))
    assert len(found) == min(16, -(-n_elements // 64))


@given(st.integers(0, 1 << 30), st.floats(1e-3, 1e3))
def test_distances_are_those_of_their_definition(seed: int, scale: float) -> None:
    """The larger of both, with the means and without, by numpy's norm."""
    random = np.random.default_rng(seed)
    ours, theirs = random.normal(1, 1, (3, 50)) * scale, random.normal(1, 1, (4, 50)) * scale
    found = distances(ours, theirs)
    for i, one in enumerate(ours):
        for j, other in enumerate(theirs):
            pairs = ((one, other), (one - one.mean(), other - other.mean()))
            norms = [np.linalg.norm(a - b) / max(np.linalg.norm(a), np.linalg.norm(b)) for a, b in pairs]
            assert found[i, j] == pytest.approx(max(norms), abs=1e-7)
