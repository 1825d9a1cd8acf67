"""What became of a checkpoint as a whole: planted, and told in findings, tables and totals."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

import precisionlab
from precisionlab.analysis.figures import Bars, Table
from precisionlab.analysis.results import Finding, Result
from precisionlab.scanning.settings import Settings

Array = NDArray[Any]
Model = dict[str, Array]
Compare = Callable[..., "Told"]
SAMPLES = Path(__file__).parents[3] / "samples"
WIDTH = 24


class Told:
    """What was said of the whole checkpoint."""

    def __init__(self, result: Result, tensors: Mapping[str, Result]) -> None:
        self.result = result
        self.tensors = tensors

    @property
    def codes(self) -> dict[str, Finding]:
        """The findings by their rules, of which each fired once."""
        found = {one.code: one for one in self.result.findings}
        assert len(found) == len(self.result.findings)
        return found

    @property
    def kinds(self) -> dict[str, int]:
        """How many tensors differ in which way, where any does."""
        values = self.result.values.items()
        return {key.removeprefix("tensors_"): int(value) for key, value in values if key[:8] == "tensors_" and value}

    def table(self, title: str) -> Table:
        """The table whose title begins so."""
        (found,) = (one for one in self.result.figures if isinstance(one, Table) and one.title.startswith(title))
        return found


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    """A model here and one there, to what is said of both; as files of torch where some tensors share storage."""

    def compared(here: Model, there: Model, tied_here: str = "", tied_there: str = "") -> Told:
        paths = []
        for name, model, tied in (("here", here, tied_here), ("there", there, tied_there)):
            tensors = {key: as_torch(array) for key, array in model.items()}
            path = tmp_path / f"{name}.{'pth' if tied else 'safetensors'}"
            if tied:
                owner, _, other = tied.partition("=")
                torch.save({**tensors, other: tensors[owner]}, path)
            else:
                save_file(tensors, path)
            paths.append(str(path))
        report = precisionlab.scan(paths[0], "difference", settings=Settings(against=paths[1]))
        by_subject = {result.subject: result for result in report.checkpoints[0].results}
        return Told(by_subject.pop(None), {str(name): result for name, result in by_subject.items()})

    return compared


def as_torch(array: Array) -> torch.Tensor:
    """The same tensor in torch."""
    if array.dtype == ml_dtypes.bfloat16:
        return torch.from_numpy(array.view(np.uint16)).view(torch.bfloat16)
    return torch.from_numpy(np.ascontiguousarray(array))


def drawn(seed: int, *shape: int) -> NDArray[np.float32]:
    """Normal deviates."""
    return np.random.default_rng(seed).standard_normal(shape or (WIDTH, WIDTH)).astype(np.float32)


def model(n_layers: int = 3) -> Model:
    """An embedding that is the head, too, and layers of one matrix and one norm."""
    embedding = drawn(99, 40, WIDTH)
    found: Model = {"embed_tokens.weight": embedding, "lm_head.weight": embedding.copy()}
    for i in range(n_layers):
        found[f"layers.{i}.proj.weight"] = drawn(i)
        found[f"layers.{i}.norm.weight"] = np.ones(WIDTH, np.float32)
    return found


def tuned(base: Model, *kept: str) -> Model:
    """Every tensor moved a little, each in its own way, but for those whose names contain one of these words."""
    return {
        name: array if any(word in name for word in kept) else array + np.float32(1e-3) * drawn(500 + i, *array.shape)
        for i, (name, array) in enumerate(base.items())
    }


def test_a_checkpoint_beside_itself_says_so(compare: Compare) -> None:
    """In the title of the first table; nothing else is told."""
    told = compare(model(), model())
    assert told.codes == {}
    assert told.kinds == {"same": 8}
    assert [figure.title for figure in told.result.figures] == ["All tensors are the same, byte for byte"]
    assert told.result.value("cosine") == pytest.approx(1, abs=1e-15)


def test_all_numbers_together(compare: Compare) -> None:
    """Norm, cosine, share and distances are those of both checkpoints as one vector, by numpy."""
    there, here = model(), tuned(model())
    values = compare(here, there).result.values
    one, other = (np.concatenate([some[name].ravel().astype(np.float64) for name in there]) for some in (here, there))
    assert values["relative_difference"] == pytest.approx(
        np.linalg.norm(one - other) / np.linalg.norm(other), rel=1e-12
    )
    assert values["cosine"] == pytest.approx(one @ other / np.linalg.norm(one) / np.linalg.norm(other), abs=1e-14)
    assert values["changed_share"] == np.count_nonzero(one != other) / len(one)
    assert values["largest_difference"] == np.abs(one - other).max()


def test_distances_are_counted_over_all_tensors(compare: Compare) -> None:
    """One number moved by one unit in the last place, two by four, of two tensors: a bar for each power of two."""
    there, here = model(1), model(1)
    for name, places, step in (("layers.0.proj.weight", [3], 1), ("layers.0.norm.weight", [5, 6], 4)):
        here[name] = here[name].copy()
        here[name].view(np.uint32).reshape(-1)[places] += step
    told = compare(here, there)
    bars = next(one for one in told.result.figures if isinstance(one, Bars) and "of all tensors" in one.title)
    assert (bars.first, bars.width, bars.heights) == (0, 1, (1.0, 0.0, 2.0))
    assert told.result.value("largest_distance") == 4
    told = compare({"w": np.array([2**63 - 1])}, {"w": np.array([-(2**63)])})
    assert told.result.value("largest_distance") == 2**64 - 1


def test_what_stayed_while_all_else_changed_is_noted_in_one_line(compare: Compare) -> None:
    """Layers under one name; not where most stayed, nor where nothing did."""
    base = model()
    told = compare(tuned(base, "norm"), base)
    found = told.codes["PL405"]
    n_elements = sum(array.size for array in base.values())
    assert found.message.startswith(f"3 of 8 tensors did not change, {3 * WIDTH / n_elements:.2%} of the elements: ")
    assert found.message.endswith("layers.*.norm.weight (3)")
    assert found.subject is None
    assert told.table("Tensors that did not change").rows == (("layers.*.norm.weight", 3),)
    assert "PL405" not in compare(tuned(base, "norm", "proj"), base).codes
    assert "PL405" not in compare(tuned(base), base).codes


def test_a_head_that_was_a_copy_of_the_embedding_has_come_apart(compare: Compare) -> None:
    """Whether one of both was trained or each in its own way; not where both are still the same."""
    base = model()
    for kept in (("embed",), ("lm_head",), ()):
        found = compare(tuned(base, *kept), base).codes["PL406"]
        assert found.subject == "lm_head.weight"
        assert "embed_tokens.weight: in the other checkpoint they hold the same bytes" in found.message
    together = tuned(base)
    together["lm_head.weight"] = together["embed_tokens.weight"].copy()
    assert "PL406" not in compare(together, base).codes


def test_equal_layers_that_were_trained_apart_are_no_tied_weights(compare: Compare) -> None:
    """Experts are often copies of one another at first."""
    base = {f"experts.{i}.weight": drawn(7) for i in range(3)} | {"norm.weight": np.ones(WIDTH, np.float32)}
    assert "PL406" not in compare(tuned(base), base).codes


def test_what_shared_its_bytes_has_come_apart(compare: Compare) -> None:
    """Whatever it is called; not where it shares them still."""
    base = {"a.weight": drawn(1), "b.weight": drawn(2)}
    here = tuned({**base, "c.weight": base["a.weight"]})
    found = compare(here, base, tied_there="a.weight=c.weight").codes["PL406"]
    assert (found.subject, found.evidence["tied_to"]) == ("c.weight", "a.weight")
    assert found.message.endswith("they share their bytes")
    still = compare(tuned(base), base, tied_here="a.weight=c.weight", tied_there="a.weight=c.weight")
    assert "PL406" not in still.codes
    for side in ("tied_here", "tied_there"):  # another name of bytes that both have is no further tensor
        told = compare(tuned(base), base, **{side: "a.weight=c.weight"})
        assert told.kinds.keys().isdisjoint({"only_here", "only_there"})


def test_a_head_where_there_was_none_has_come_apart(compare: Compare) -> None:
    """The other checkpoint's model used the embedding; the same bytes, stored twice, are no matter."""
    base = model()
    del base["lm_head.weight"]
    head = {"lm_head.weight": base["embed_tokens.weight"].copy()}
    assert "PL406" not in compare({**base, **head}, base).codes
    head["lm_head.weight"][2, 3] += 1
    found = compare({**base, **head}, base).codes["PL406"]
    assert found.subject == "lm_head.weight"
    assert "has no head of its own" in found.message


def test_a_beginning_before_all_names_is_one_finding(compare: Compare) -> None:
    """With what it is; each tensor has its counterpart, and the table both names."""
    base = model()
    here = {f"module.{name}": array for name, array in tuned(base).items()}
    told = compare(here, base)
    assert told.codes["PL407"].message == (
        "8 of 8 tensors have another name in the other checkpoint: module. stands before their names only here"
    )
    assert {row[:2] for row in told.table("Renamed tensors").rows} == {(f"module.{name}", name) for name in base}
    assert told.kinds == {"changed": 8, "renamed": 8}
    assert told.tensors["module.lm_head.weight"].value("reference_name") == "lm_head.weight"
    back = compare(base, here)
    assert back.codes["PL407"].message.endswith("module. stands before their names only there")


def test_a_renamed_tensor_is_found_by_its_bytes(compare: Compare) -> None:
    """The same bytes under another name: nothing changed, and nothing is on one side only."""
    base = model()
    here = {name.replace("layers.1.proj", "layers.1.project"): array for name, array in base.items()}
    told = compare(here, base)
    assert told.kinds == {"same": 8, "renamed": 1}
    assert told.codes["PL407"].message.endswith("layers.1.project.weight is layers.1.proj.weight there")
    assert told.table("Renamed tensors").rows == (
        ("layers.1.project.weight", "layers.1.proj.weight", "the same bytes"),
    )


def test_a_cast_of_some_layers_is_told(compare: Compare) -> None:
    """Of tensors of one kind; another type for all norms is no accident."""
    base = model()
    part = {
        name: array.astype(ml_dtypes.bfloat16) if "proj" in name and ".1." not in name else array
        for name, array in base.items()
    }
    assert compare(part, base).codes["PL408"].message == "of layers.*.proj.weight: 2 bfloat16 and 1 float32"
    whole = {name: array.astype(np.float16) if "norm" in name else array for name, array in base.items()}
    assert "PL408" not in compare(whole, base).codes


@pytest.mark.parametrize("is_here", [True, False])
def test_packed_weights_are_in_no_total(compare: Compare, is_here: bool) -> None:
    """Integers instead of weights, or zero points beside codes: named, not compared, whichever side they are on."""
    base, coded = model(), model()
    del coded["layers.1.proj.weight"]
    coded["layers.0.proj.weight"] = np.rint(20 * base["layers.0.proj.weight"]).astype(np.int8)
    coded["layers.0.proj.weight_scale"] = np.full((WIDTH, 1), 0.05, np.float32)
    coded["layers.0.proj.weight_zero_point"] = np.zeros((WIDTH, 1), np.int8)
    coded["layers.1.proj.qweight"] = np.arange(72, dtype=np.int32).reshape(3, WIDTH)
    coded["layers.1.proj.scales"] = np.ones((1, WIDTH), np.float16)
    told = compare(coded, base) if is_here else compare(base, coded)
    assert told.codes.keys() == {"PL409"}
    assert f"stored quantized {'here' if is_here else 'in the other checkpoint'}" in told.codes["PL409"].message
    assert "(as qweight, scales, weight, weight_scale and weight_zero_point)" in told.codes["PL409"].message
    assert told.kinds == {"same": len(base) - 2, "quantized": 2}
    assert not [one for one in told.result.figures if "All tensors are the same" in one.title]
    assert told.result.value("relative_difference") == 0
    assert told.result.value("numbers") == sum(
        array.size for name, array in base.items() if name[7:13] not in {"0.proj", "1.proj"}
    )


@pytest.mark.parametrize("is_here", [True, False])
@pytest.mark.parametrize("beginning", ["", "model."])
def test_codes_with_scales_are_compared_as_numbers(compare: Compare, beginning: str, is_here: bool) -> None:
    """The error of quantizing is numpy's, and counts in the totals; nothing else is told, nor is anything only on one side."""
    base = model()
    weight = base["layers.0.proj.weight"].astype(np.float64)
    scales = (np.abs(weight).max(axis=1, keepdims=True) / 127).astype(np.float32)
    codes = np.rint(weight / scales).astype(np.int8)
    coded = {**base, "layers.0.proj.weight": codes, "layers.0.proj.weight_scale": scales}
    coded = {f"{beginning}{name}": array for name, array in coded.items()}
    told = compare(coded, base) if is_here else compare(base, coded)
    error = codes.astype(np.float32) * scales - weight
    reference = base if is_here else {**base, "layers.0.proj.weight": codes.astype(np.float32) * scales}
    norm = math.sqrt(sum(float((array.astype(np.float64) ** 2).sum()) for array in reference.values()))
    assert told.result.value("relative_difference") == pytest.approx(np.linalg.norm(error) / norm, rel=1e-12)
    assert told.result.value("numbers") == sum(array.size for array in base.values())
    assert told.codes.keys() - {"PL407", "PL408"} == {"PL409"}
    assert "compared with scales applied: " in told.codes["PL409"].message
    assert told.kinds == {"same": len(base) - 1, "dequantized": 1, **({"renamed": len(base)} if beginning else {})}
    name = f"{beginning}layers.0.proj.weight" if is_here else "layers.0.proj.weight"
    assert told.tensors[name].value("same_dtype") is False
    assert told.tensors[name].findings == ()


def test_a_grown_vocabulary_is_in_no_total(compare: Compare) -> None:
    """Its first rows are compared; the table says how near they are."""
    base = model()
    here = {**base, "embed_tokens.weight": np.concatenate([base["embed_tokens.weight"], drawn(5, 8, WIDTH)])}
    told = compare(here, base)
    assert told.kinds == {"same": 7, "reshaped": 1}
    assert told.table("Tensors of another shape").rows == (
        ("embed_tokens.weight", "[48, 24]", "[40, 24]", "relative difference 0"),
    )
    assert told.result.value("changed") == 0


def test_what_is_on_one_side_only_is_listed(compare: Compare) -> None:
    """With types and shapes; scan --against tells it as well, since it is the same scan."""
    base = model()
    here = {**base, "adapter.weight": drawn(3, 4, 6)}
    del here["layers.2.proj.weight"]
    told = compare(here, base)
    assert told.table("Tensors only in this checkpoint").rows == (("adapter.weight", "float32", "[4, 6]"),)
    assert told.table("Tensors only in the other checkpoint").rows == (("layers.2.proj.weight", "float32", "[24, 24]"),)
    assert (told.kinds["only_here"], told.kinds["only_there"]) == (1, 1)


def test_changes_are_explained_by_casts(compare: Compare) -> None:
    """How many tensors each cast explains: two went through bfloat16, one was trained."""
    base = model()
    here = {
        name: array.astype(ml_dtypes.bfloat16).astype(np.float32) if ".1." in name or "lm_head" in name else array
        for name, array in base.items()
    }
    here["layers.2.proj.weight"] = here["layers.2.proj.weight"] + np.float32(1e-3) * drawn(77)
    rows = compare(here, base).table("What explains the changes").rows
    assert set(rows) == {("rounded to bfloat16", 2), ("nothing that was tried", 1)}


def test_both_directions_agree(compare: Compare) -> None:
    """Counts and norms of the difference have no direction."""
    base, here = model(), tuned(model(), "norm")
    one, other = compare(here, base).result.values, compare(base, here).result.values
    keys = ("changed", "numbers", "largest_difference", "largest_distance", "tensors_same", "tensors_changed")
    assert {key: one[key] for key in keys} == {key: other[key] for key in keys}
    assert one["cosine"] == pytest.approx(other["cosine"], abs=1e-15)


def test_the_sample_fires_the_rules_of_its_table() -> None:
    """As samples/README.md says, about the checkpoint as a whole."""
    section = (SAMPLES / "README.md").read_text("utf-8").split("in `tuned.safetensors`\n")[1].split("\n## ")[0]
    rows = (line.split(" | ") for line in section.splitlines() if line.startswith(("| `", "| all")))
    described = {row[1] for row in rows} - {"none"}
    settings = Settings(against=str(SAMPLES / "base.safetensors"))
    (checkpoint,) = precisionlab.scan(SAMPLES / "tuned.safetensors", "difference", settings=settings).checkpoints
    (whole,) = (result for result in checkpoint.results if result.subject is None)
    assert {finding.code for finding in whole.findings} == described
