"""Stacked layers, and the table of all tensors."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from analyzers import cp
from analyzers.cp.checkpoint import summarize
from analyzers.cp.options import Options
from analyzers.cp.stacking import stackable, stacks_of
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.figures import Table
from precisionlab.analysis.results import Status
from precisionlab.analysis.tensors import Tensor
from precisionlab.cli.main import main
from tests.analyzers.memory import in_memory

OPTIONS = Options(ranks=("1", "2", "4"), nulls=())


def layers(n_layers: int, rank: int, name: str = "layers.{}.weight") -> list[Tensor]:
    """Layers that are mixtures of the same few outer products, in reverse order."""
    random = np.random.default_rng(0)
    stack = np.einsum("lr,or,ir->loi", *(random.standard_normal((n, rank)) for n in (n_layers, 9, 8)))
    return [in_memory(stack[i].astype(np.float32), name.format(i)) for i in reversed(range(n_layers))]


def answers(tensors: Sequence[Tensor], options: Options = OPTIONS) -> list[Answer]:
    """What is said of each."""
    return [Answer(one, cp.analyze(one, options)) for one in tensors]


def test_layers_of_one_shape_are_stacked() -> None:
    """Eleven layers of three shared outer products have rank 3 together, though each was skipped."""
    result = summarize(answers(layers(11, 3)), OPTIONS)
    values = result.values
    assert values["stacks"] == 1
    assert values["smallest_rank[error=0.1,stack=layers.*.weight]"] == 3
    table = result.figures[-1]
    assert isinstance(table, Table)
    assert table.rows[1][3] == pytest.approx(2 * 18 / 72)
    assert 0 < float(values["error[rank=2,stack=layers.*.weight]"]) < 1
    assert any("layers.*.weight, 11 x 9 x 8 (layers)" in figure.title for figure in result.figures)


def test_layers_stand_in_the_order_of_their_numbers() -> None:
    """Not in that of their names."""
    stacks, left = stacks_of(layers(11, 3), OPTIONS)
    assert [one.info.name for one in stacks[0].layers] == [f"layers.{i}.weight" for i in range(11)]
    assert left == 0


@pytest.mark.parametrize(
    ("name", "shape", "stack"),
    [
        ("model.layers.3.q_proj.weight", (4, 5), "model.layers.*.q_proj.weight"),
        ("layers.3.experts.7.w1", (4, 5), "layers.*.experts.7.w1"),
        ("blk/12/w", (4, 5), "blk/*/w"),
        ("fc1.weight", (4, 5), ""),
        ("layers.3.conv.weight", (4, 5, 3), ""),
        ("layers.3.bias", (4,), ""),
        ("layers.3.w", (4, 1), ""),
    ],
)
def test_names_of_layers(name: str, shape: tuple[int, ...], stack: str) -> None:
    """The first number that is a part of its own is the layer's."""
    assert stackable(in_memory(np.ones(shape, np.float32), name).info) == stack


def test_what_cannot_be_stacked_is_left() -> None:
    """Other shapes, single layers, stacks too large or too many, NaN and zeros; none is an error."""
    tensors = [*layers(3, 2), *layers(4, 2, "blocks.{}.weight")]
    assert stacks_of(tensors, Options(stacks=1))[1] == 1
    assert stacks_of(tensors, Options(max_elements=100)) == ([], 2)
    assert stacks_of(tensors, Options(stacks=0)) == ([], 2)
    assert stacks_of(tensors[:1], OPTIONS) == ([], 0)
    for value in (np.nan, 0.0):
        bad = [in_memory(np.full((9, 8), value, np.float32), f"layers.{i}.w") for i in range(3)]
        assert summarize(answers(bad), OPTIONS).status is Status.SKIPPED
    shared = in_memory(np.ones((9, 8), np.float32), "layers.1.w", owner="layers.0.w")
    assert stackable(shared.info) == ""


def test_tensors_have_a_table() -> None:
    """A line each, with errors by rank; those that share storage count once."""
    kernel = np.random.default_rng(0).standard_normal((6, 5, 3, 3)).astype(np.float32)
    tensors = [in_memory(kernel, "a.weight"), in_memory(kernel, "b.weight", owner="a.weight")]
    result = summarize(answers(tensors), OPTIONS)
    table = result.figures[0]
    assert isinstance(table, Table)
    assert [row[:2] for row in table.rows] == [("a.weight", "6 x 5 x 3 x 3")]
    assert result.values["tensors"] == 1
    assert summarize([], OPTIONS).figures == ()


@pytest.mark.parametrize(("n_layers", "code"), [(3, 0), (1, 2)])
def test_a_checkpoint_of_matrices_alone_has_its_stacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], n_layers: int, code: int
) -> None:
    """As language models are: every tensor is skipped, their stack is decomposed; one layer is nothing to analyse."""
    random = np.random.default_rng(0)
    arrays = {f"layers.{i}.w": random.standard_normal((9, 8)).astype(np.float32) for i in range(n_layers)}
    save_file(arrays, tmp_path / "model.safetensors")
    flags = ["--set", "cp.ranks=1,2", "--set", "cp.nulls=", "--set", "cp.min_elements=1"]
    assert main(["scan", str(tmp_path / "model.safetensors"), "-a", "cp", *flags]) == code
    written = capsys.readouterr()
    assert ("layers.*.w" in written.out) == (code == 0)
    assert ("nothing was analysed" in written.err) == (code == 2)
