"""Files beside a checkpoint: matched by name, read when asked for, and what does not fit is said."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

import precisionlab
from precisionlab.analysis.beside import Role
from precisionlab.analysis.report import CheckpointReport
from precisionlab.analysis.results import Status
from precisionlab.checkpoints import FileReader, TensorInfo, open_checkpoint
from precisionlab.checkpoints.model import ByteRange
from precisionlab.cli.main import main
from precisionlab.errors import UsageError
from precisionlab.scanning.companions import NONE, Companion, Companions, opened
from precisionlab.scanning.settings import Settings

Array = NDArray[Any]
Beside = Callable[..., str]
SHAPE = (16, 32)
HINT = "its names are those of the tensors, or of the layers whose .weight they are"


def header(name: str, shape: tuple[int, ...] = ()) -> TensorInfo:
    """A tensor by its header."""
    return TensorInfo(name, "float32", shape, ByteRange("memory", 0, 0))


def companion(*names: str, role: Role = Role.SENSITIVITY) -> Companion:
    """A file that holds tensors of these names."""
    return Companion(role, "beside.safetensors", {name: header(name) for name in names})


@pytest.fixture
def model(tmp_path: Path) -> str:
    """Three layers with weights and biases."""
    drawn = np.random.default_rng(0)
    arrays = {f"layers.{i}.weight": drawn.normal(0, 1, SHAPE).astype(np.float32) for i in range(3)}
    biases = {f"layers.{i}.bias": np.ones(SHAPE[0], np.float32) for i in range(3)}
    path = tmp_path / "model.safetensors"
    save_file({**arrays, **biases}, path)
    return str(path)


@pytest.fixture
def beside(tmp_path: Path) -> Beside:
    """Writes a file that goes along with the model, by the official library."""

    def write(arrays: Mapping[str, Array], name: str = "beside.safetensors") -> str:
        path = tmp_path / name
        save_file(dict(arrays), path)
        return str(path)

    return write


def scanned(model: str, *, sensitivity: str | None = None, calibration: str | None = None) -> CheckpointReport:
    """The model under an analyzer that asks for both files."""
    settings = Settings(sensitivity=sensitivity, calibration=calibration)
    options = {"quantization": {"formats": "int8_channel"}}
    (checkpoint,) = precisionlab.scan(model, "quantization", options=options, settings=settings).checkpoints
    return checkpoint


def losses(checkpoint: CheckpointReport, name: str) -> dict[str | None, float]:
    """A measurement of each tensor that has it."""
    return {
        result.subject: float(one.value)
        for result in checkpoint.results
        for one in result.measurements
        if one.metric.name == name and result.subject is not None
    }


@pytest.mark.parametrize(
    ("held", "asked", "found"),
    [
        (["a.weight"], "a.weight", "a.weight"),
        (["a"], "a.weight", "a"),
        (["a", "a.weight"], "a.weight", "a.weight"),
        (["a"], "a", "a"),
        (["a"], "a.bias", None),
        (["a"], "a.weight.weight", None),
        (["a.weight"], "a", None),
        (["a"], "b.weight", None),
        (["a"], "aweight", None),
        ([""], ".weight", ""),
        ([], "a.weight", None),
    ],
)
def test_names_match_as_they_are_or_as_the_layer_of_a_weight(held: list[str], asked: str, found: str | None) -> None:
    """The tensor's own name first, then that of the layer whose `.weight` it is; nothing else is guessed."""
    match = companion(*held).match(asked)
    assert (match and match.name) == found


def test_what_no_tensor_asks_for_is_reported() -> None:
    """Each name once, with the file; a name that a better one hides is such a name too."""
    infos = [header("a.weight"), header("b.weight")]
    skipped = companion("a", "c", "b", "b.weight").check(infos)
    assert [one.name for one in skipped] == ["c", "b"]
    assert {one.reason for one in skipped} == {"in beside.safetensors, but of no tensor of the checkpoint"}


def test_a_file_for_another_model_is_an_error() -> None:
    """Where nothing matches, three of its names are shown, escaped; an empty file has none to show."""
    with pytest.raises(UsageError) as raised:
        companion("x\x1b[31m", "", "y", "z").check([header("a.weight")])
    assert str(raised.value) == (
        "beside.safetensors: holds nothing for any tensor of the checkpoint "
        rf'(it has x\x1b[31m, "", y); {HINT}'
    )
    with pytest.raises(UsageError, match=r"^beside\.safetensors: holds no tensor; "):
        companion().check([header("a.weight")])


def test_files_are_told_apart_by_their_role() -> None:
    """A tensor gets from each file what it holds, and nothing is read before it is asked for."""
    companions = Companions((companion("a"), companion("a.weight", "b", role=Role.CALIBRATION)))
    with FileReader() as reader:
        of_a = companions.beside(header("a.weight"), reader, Settings())
        of_b = companions.beside(header("b.weight"), reader, Settings())
        of_c = companions.beside(header("c.weight"), reader, Settings())
    assert {role: tensor.info.name for role, tensor in of_a.items()} == {
        Role.SENSITIVITY: "a",
        Role.CALIBRATION: "a.weight",
    }
    assert {role: tensor.info.name for role, tensor in of_b.items()} == {Role.CALIBRATION: "b"}
    assert of_c == {}
    assert NONE.beside(header("a.weight"), FileReader(), Settings()) == {}


def test_another_checkpoint_is_matched_by_full_names_alone() -> None:
    """A layer's name is no tensor's there, and what it holds beyond is its own affair; no common name is an error."""
    other = companion("a", "a.weight", "b", "c.weight", role=Role.REFERENCE)
    matched = [other.match(name) for name in ("a.weight", "b.weight", "c.weight")]
    assert [one.name if one else None for one in matched] == ["a.weight", None, "c.weight"]
    assert other.check([header("a.weight")]) == ()
    with pytest.raises(UsageError, match="holds nothing for any tensor"):
        other.check([header("d.weight")])


def test_further_checkpoints_give_what_they_have(model: str, beside: Beside) -> None:
    """In their order, under whatever names they have it, of those that have it; and what only the reference has."""
    with open_checkpoint(model) as checkpoint:
        infos = checkpoint.tensors
    weights = {name: np.full(SHAPE, 1.0, np.float32) for name in ("layers.0.weight", "layers.1.weight")}
    one = beside(weights, "one.safetensors")
    two = beside({f"model.{name}": 2 * array for name, array in weights.items()}, "two.safetensors")
    base = beside({**weights, "gone.weight": np.ones(3, np.float32)}, "base.safetensors")
    settings = Settings(against=base, others=(one, two))
    by_name = {info.name: info for info in infos}
    with opened(settings) as companions, FileReader() as reader:
        matched = companions.matched(infos)
        others = matched.others_of(by_name["layers.1.weight"], reader, settings)
        assert [tensor.info.name for tensor in others] == ["layers.1.weight", "model.layers.1.weight"]
        assert [float(tensor.values().mean()) for tensor in others] == [1, 2]
        assert matched.others_of(by_name["layers.2.weight"], reader, settings) == ()
        (left,) = matched.unmatched(reader, settings)[Role.REFERENCE]
        assert left.info.name == "gone.weight"
    assert companions.files["others"] == (one, two)


def test_no_files_are_no_companions() -> None:
    """An empty path is none."""
    with opened(Settings()) as none, opened(Settings(sensitivity="", calibration="")) as empty:
        assert none == empty == NONE


def test_what_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    """It names the flag, the file, what is wrong, and who makes such files."""
    text = tmp_path / "notes.txt"
    text.write_text("no checkpoint")
    missing = str(tmp_path / "missing.safetensors")
    for settings, start in (
        (Settings(sensitivity=missing), f"--sensitivity: {missing}: does not exist"),
        (Settings(calibration=str(text)), f"--calibration: {text}: is of an unknown type"),
    ):
        with pytest.raises(UsageError) as raised, opened(settings):
            pass
        assert str(raised.value).startswith(start)
        assert str(raised.value).endswith("; make one with precisionlab.calibration")


@pytest.mark.parametrize("suffix", ["", ".weight"])
def test_weights_by_element_reach_their_tensors(suffix: str, model: str, beside: Beside) -> None:
    """All ones: the weighted loss is the squared error."""
    path = beside({f"layers.{i}{suffix}": np.ones(SHAPE, np.float32) for i in range(3)})
    checkpoint = scanned(model, sensitivity=path)
    assert losses(checkpoint, "weighted_loss") == pytest.approx(losses(checkpoint, "squared_error"), rel=1e-12)
    assert len(losses(checkpoint, "weighted_loss")) == 3
    assert checkpoint.skipped == ()


@pytest.mark.parametrize("suffix", ["", ".weight"])
def test_weights_by_layer_reach_their_tensors(suffix: str, model: str, beside: Beside) -> None:
    """One number a layer: the weighted loss is so many times the squared error."""
    path = beside({f"layers.{i}{suffix}": np.array(i + 1.0, np.float32) for i in range(3)})
    checkpoint = scanned(model, sensitivity=path)
    squared, weighted = losses(checkpoint, "squared_error"), losses(checkpoint, "weighted_loss")
    assert weighted == {f"layers.{i}.weight": (i + 1) * squared[f"layers.{i}.weight"] for i in range(3)}


def test_layers_that_a_file_lacks_have_no_weighted_loss(model: str, beside: Beside) -> None:
    """The others do, and what the file has too much is listed."""
    path = beside({"layers.1": np.ones(SHAPE[1], np.float32), "lm_head": np.ones(7, np.float32)})
    checkpoint = scanned(model, calibration=path)
    assert list(losses(checkpoint, "calibrated_error")) == ["layers.1.weight"]
    assert [(one.name, one.reason) for one in checkpoint.skipped] == [
        ("lm_head", f"in {path}, but of no tensor of the checkpoint")
    ]


def test_what_does_not_fit_costs_its_tensor_only(model: str, beside: Beside) -> None:
    """One clear line for each; the others are measured."""
    path = beside(
        {
            "layers.0.weight": np.ones((4, 4), np.float32),
            "layers.1.weight": np.full(SHAPE, -1, np.float32),
            "layers.2.weight": np.ones(SHAPE, np.float32),
        }
    )
    checkpoint = scanned(model, sensitivity=path)
    failed = {result.subject: result.reason for result in checkpoint.results if result.status is Status.FAILED}
    assert failed.keys() == {"layers.0.weight", "layers.1.weight"}
    assert "its sensitivity has shape [4, 4], not [16, 32] or one number" in failed["layers.0.weight"]
    assert "its sensitivity holds negative numbers, infinities or NaN" in failed["layers.1.weight"]
    assert list(losses(checkpoint, "weighted_loss")) == ["layers.2.weight"]


def test_files_that_fail_end_the_command_with_2(model: str, beside: Beside, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing matches, or nothing can be opened: one line on standard error, nothing on standard output."""
    path = beside({"encoder.0": np.ones(3, np.float32)})
    for given, problem in (
        (path, f"{path}: holds nothing for any tensor of the checkpoint (it has encoder.0); {HINT}"),
        (f"{path}.missing", f"--sensitivity: {path}.missing: does not exist; make one with precisionlab.calibration"),
    ):
        assert main(("scan", model, "-a", "quantization", "--sensitivity", given)) == 2
        output = capsys.readouterr()
        assert output.out == ""
        assert output.err == f"precisionlab: error: {problem}\n"


def test_files_are_named_in_the_report(model: str, beside: Beside) -> None:
    """A reader can tell what the losses were weighted with."""
    path = beside({"layers.0": np.array(1.0, np.float32)})
    report = precisionlab.scan(model, "quantization", settings=Settings(sensitivity=path))
    assert report.settings["sensitivity"] == path
    assert "calibration" not in report.settings


def test_a_file_that_says_what_it_is_is_given_as_that(tmp_path: Path) -> None:
    """A sensitivity as a calibration, and the reverse, are refused before anything is read; files without a word pass."""
    values = {"a": np.ones(4, np.float32)}
    save_file(values, tmp_path / "fisher.safetensors", {"precisionlab": "sensitivity"})
    save_file(values, tmp_path / "moments.safetensors", {"precisionlab": "activations"})
    save_file(values, tmp_path / "plain.safetensors")
    fisher, moments, plain = (str(tmp_path / f"{name}.safetensors") for name in ("fisher", "moments", "plain"))
    with pytest.raises(UsageError, match="is a file of sensitivity, not of activations; give it with --sensitivity"):
        enter(Settings(calibration=fisher))
    with pytest.raises(UsageError, match="is a file of activations, not of sensitivity; give it with --calibration"):
        enter(Settings(sensitivity=moments))
    enter(Settings(sensitivity=plain, calibration=moments))


def enter(settings: Settings) -> None:
    """Open the files, and close them."""
    with opened(settings):
        pass
