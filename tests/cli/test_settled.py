"""Flags over the configuration file over the defaults, for every command and every key."""

import argparse
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from precisionlab.cli.main import COMMANDS as MODULES
from precisionlab.cli.parser import build_parser, parse
from precisionlab.cli.plan import plan_of
from precisionlab.cli.settled import settled
from precisionlab.scanning.configuration import Configuration
from precisionlab.scanning.configuration_keys import COMMANDS, TABLES, keys_of
from precisionlab.scanning.keys import Key, Kind
from precisionlab.scanning.toml_values import spelled

ASKED: Mapping[str, Sequence[str]] = {
    "scan": ("x",),
    "compare": ("x", "y"),
    "report": ("x",),
    "recipe": ("x",),
    "inspect": ("1",),
    "sum": ("x",),
    "tolerance": ("--op", "gemm", "--k", "8"),
}
"""What a command cannot do without."""
HAVE_NO_KEY: Mapping[str, Sequence[str]] = {
    # Where the keys are.
    "": ("help", "config"),
    # Options of analyzers have tables.
    "scan": ("set",),
    # What the paths are belongs with the paths.
    "compare": ("set", "report"),
    # A checkpoint is made once: the second time its place is taken.
    "recipe": ("apply",),
    # Which of all: that is the question itself.
    "list": ("format",),
    "config": ("all", "format"),
    "inspect": ("from", "bits", "worst", "to", "by"),
    "sum": ("in", "square", "time"),
    "tolerance": ("op", "k", "in", "acc", "order", "out"),
    # Its table would be called as the key `formats` is.
    "formats": ("format",),
}
WORDS = st.text("abcxyz*./_0", min_size=1, max_size=8).filter(lambda word: word.strip("./"))


def actions(command: str) -> dict[str, argparse.Action]:
    """The flags of a command by their long names."""
    (commands,) = (action for action in build_parser()._actions if isinstance(action, argparse._SubParsersAction))
    return {
        option[2:]: action
        for action in commands.choices[command]._actions
        for option in action.option_strings
        if option.startswith("--") and not option.startswith("--no-")
    }


@pytest.mark.parametrize("command", MODULES)
def test_every_flag_has_a_key(command: str) -> None:
    """Or a reason for having none; and every key has its flag, in every command that shares it."""
    excepted = {*HAVE_NO_KEY[""], *HAVE_NO_KEY.get(command, ())}
    assert set(actions(command)) - excepted == set(keys_of(command))


@pytest.mark.parametrize("command", COMMANDS)
def test_keys_take_what_flags_take(command: str) -> None:
    """The same choices, one or many, with the same default."""
    flags = actions(command)
    for key in keys_of(command).values():
        action = flags[key.name]
        assert action.dest == key.attribute
        assert key.choices == tuple(action.choices or key.choices)
        assert isinstance(action, argparse.BooleanOptionalAction) == (key.kind is Kind.TRUTH)
        assert isinstance(action, argparse._AppendAction) == (key.kind in {Kind.TEXTS, Kind.PATHS})
        if isinstance(key.default, int | float) and isinstance(action.default, str):
            assert key.default == float(action.default)
        elif action.default:
            assert key.default == action.default


def typed(key: Key, value: object) -> list[str]:
    """The words of a command line that say the same."""
    if key.kind is Kind.TRUTH:
        return [key.flag if value else f"--no-{key.name}"]
    if key.kind is Kind.NAMES:
        assert isinstance(value, list)
        return [f"{key.flag}={','.join(value)}"]
    return [f"{key.flag}={one}" for one in (value if isinstance(value, list) else [value])]


def values(key: Key) -> st.SearchStrategy[object]:
    """Some that the key takes."""
    if key.choices:
        return st.sampled_from(key.choices)
    if key.kind in {Kind.PATH, Kind.PATHS}:
        names = st.sampled_from(["a.json", "b/c.html", "~x", "-"])
        return names if key.kind is Kind.PATH else st.lists(names, min_size=1, max_size=3)
    if key.kind.is_list:
        return st.lists(WORDS, min_size=1, max_size=3)
    if key.kind is Kind.TRUTH:
        return st.booleans()
    return st.just(list(key.example) if isinstance(key.example, tuple) else key.example)


def some(keys: Iterable[Key]) -> st.SearchStrategy[dict[Key, object]]:
    """Values for all of the keys, of those in a group for the first."""
    first = {key.group or key.name: key for key in reversed(list(keys))}
    return st.fixed_dictionaries({key: values(key) for key in first.values()})


@pytest.mark.parametrize("command", TABLES)
@given(st.data())
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_file_says_what_flags_say(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, command: str, data: st.DataObject
) -> None:
    """A command gets the same arguments either way; with both the flags count."""
    folder = tmp_path_factory.getbasetemp()
    monkeypatch.chdir(folder)
    written, given_ = (data.draw(some(keys_of(command).values())) for _ in range(2))
    file, empty = folder / "said.toml", folder / "nothing.toml"
    file.write_text(f"[{command}]\n" + "\n".join(f"{key.name} = {said(value)}" for key, value in written.items()))
    empty.write_text("")

    def asked(config: Path, flags: Mapping[Key, object]) -> argparse.Namespace:
        words = [word for key, value in flags.items() for word in typed(key, value)]
        return settled(parse([command, *ASKED.get(command, ()), "--config", str(config), *words]))

    by_file = asked(file, {})
    assert shown(by_file) == shown(asked(empty, written))
    assert by_file.configured == {key.flag: f"{file}: {command}.{key.name}" for key in written}
    by_both = asked(file, given_)
    assert shown(by_both) == shown(asked(empty, given_))
    assert not by_both.configured


def said(value: object) -> str:
    """The value in TOML, checked by the standard library."""
    text = spelled(value)
    assert tomllib.loads(f"x = {text}")["x"] == value
    return text


def shown(arguments: argparse.Namespace) -> dict[str, object]:
    """What a command is to do, without where that was said."""
    return {name: value for name, value in vars(arguments).items() if name not in WHENCE}


WHENCE = {"config", "given", "configuration", "configured"}


def test_nothing_said_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As is an empty list; that of a table hides the one at the top."""
    monkeypatch.chdir(tmp_path)
    for command in COMMANDS:
        asked = parse([command, *ASKED.get(command, ())])
        assert shown(settled(asked)) == shown(asked)
    (tmp_path / "precisionlab.toml").write_text('include = ["a"]\n[scan]\ninclude = []')
    assert settled(parse(["scan", "x"])).include is None
    assert settled(parse(["compare", "x", "y"])).include == ["a"]


def test_a_table_comes_before_the_top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For its command alone."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "precisionlab.toml").write_text('threads = 1\nquiet = true\n[recipe]\nthreads = 2\nkeep = ["a"]')
    scan, recipe = settled(parse(["scan", "x"])), settled(parse(["recipe", "x", "--no-quiet"]))
    assert (scan.threads, scan.quiet) == ("1", True)
    assert (recipe.threads, recipe.quiet, recipe.keep) == ("2", False, ["a"])
    assert scan.configured["--threads"].endswith("precisionlab.toml: threads")
    assert recipe.configured["--threads"].endswith("precisionlab.toml: recipe.threads")


def test_one_budget_replaces_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that has bits does not stand in the way of --size."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "precisionlab.toml").write_text("[recipe]\nbits = 4.5")
    assert settled(parse(["recipe", "x"])).bits == "4.5"
    by_size = settled(parse(["recipe", "x", "--size", "3GB"]))
    assert (by_size.bits, by_size.size) == (None, "3GB")


def test_paths_begin_at_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the command is run; absolute ones and the home folder stay what they are."""
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    monkeypatch.setenv("HOME", "/home/somebody")
    (tmp_path / "precisionlab.toml").write_text(
        'against = "base.safetensors"\ncalibration = "~/moments"\nsensitivity = "/fisher"\noutput = ["a/x.json", "y.json"]'
    )
    scan = settled(parse(["scan", "x"]))
    assert scan.against == str(Path("..", "..", "base.safetensors"))
    assert (scan.calibration, scan.sensitivity) == ("/home/somebody/moments", "/fisher")
    assert [Path(path).resolve() for path in scan.output] == [tmp_path / "a" / "x.json", tmp_path / "y.json"]
    named = settled(parse(["open", "--config", str(tmp_path / "precisionlab.toml")]))
    assert Path(named.against).resolve() == tmp_path / "base.safetensors"


def test_no_path_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty text in a command's table takes back what the top says."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "precisionlab.toml").write_text('sensitivity = "x"\n[compare]\nsensitivity = ""\n[scan]\nbaseline = ""')
    assert settled(parse(["compare", "x", "y"])).sensitivity is None
    scan = settled(parse(["scan", "x"]))
    assert (scan.sensitivity, scan.baseline) == ("x", None)


def test_files_beside_are_for_those_that_look_at_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the configuration names them, others need not have them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "precisionlab.toml").write_text('against = "x"\ncalibration = "y"')
    found = plan_of(settled(parse(["scan", "x", "-a", "range", "--device", "cpu"]))).settings
    assert (found.against, found.calibration) == (None, None)
    assert plan_of(settled(parse(["scan", "x", "-a", "delta", "--device", "cpu"]))).settings.against == "x"


def test_formats_are_said_of_all_or_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flag comes before an analyzer's table, and that before the key for all who take formats."""
    monkeypatch.chdir(tmp_path)

    def formats(text: str, *flags: str) -> dict[str, object]:
        (tmp_path / "precisionlab.toml").write_text(text)
        plan = plan_of(settled(parse(["scan", "x", "--device", "cpu", *flags])))
        return {one.analyzer.name: getattr(one.options, "formats", None) for one in plan.analyzers}

    named = 'analyzers = ["quantization", "lowrank", "range"]\nformats = ["nvfp4"]\n'
    own = '[lowrank]\nformats = ["int8_channel"]'
    assert formats(named) == {"quantization": ("nvfp4",), "lowrank": ("nvfp4",), "range": None}
    assert formats(named + own)["lowrank"] == ("int8_channel",)
    assert set(formats(named + own, "--formats", "nf4").values()) == {("nf4",), None}
    assert "range" in formats('formats = ["nvfp4"]')
    blocks = 'against = "x"\nanalyzers = ["delta", "quantization"]\nformats = ["nvfp4"]\n'
    assert formats(blocks + '[delta]\nformats = ["bfloat16"]') == {"delta": ("bfloat16",), "quantization": ("nvfp4",)}


def test_commands_without_keys_need_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken one is in nobody's way who does not use it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "precisionlab.toml").write_text("= 1")
    assert settled(parse(["explain", "PL020"])).configuration == Configuration()
