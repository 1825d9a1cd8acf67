"""`precisionlab config`: what holds, where it comes from, and a file to start from."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from precisionlab.analysis.options import option_fields
from precisionlab.cli.config_command import all_options
from precisionlab.cli.config_toml import rendered
from precisionlab.cli.effective import Source, settings_of
from precisionlab.scanning.configuration import Configuration, configuration_of
from precisionlab.scanning.configuration_keys import TABLES, keys_of
from precisionlab.scanning.discovery import load_all
from precisionlab.scanning.keys import Key

Command = Callable[..., tuple[int, str, str]]

DOCS = Path(__file__).parents[2] / "docs"
BEHIND = re.compile(r"^#(?=[a-z])", re.MULTILINE)
"""What stands before a key that is not set."""


def lines(text: str) -> dict[str, tuple[str, str]]:
    """Value and source of each row, by `table.key`."""
    found, table = {}, ""
    for line in text.splitlines():
        if line.startswith("["):
            table = f"{line[1:-1]}."
        elif line and not line[0].isdigit() and ": " not in line.split("  ")[0] and "  " in line:
            name, value, source = re.split(r" {2,}", line)
            found[f"{table}{name}"] = (value, source)
    return found


def test_each_value_has_its_source(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file, the environment, or the default."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    (tmp_path / "precisionlab.toml").write_text(
        'threads = 4\nagainst = "base"\ninclude = ["a", "b"]\n[recipe]\nbits = 4.5\nthreads = 2\n[range]\nmin-channels = 8\n'
    )
    code, out, err = command("config")
    assert (code, err) == (0, "")
    assert out.startswith(f"configuration: {tmp_path / 'precisionlab.toml'}\n")
    rows = lines(out)
    assert rows["threads"] == ("4", "precisionlab.toml")
    assert rows["against"] == ('"base"', "precisionlab.toml")
    assert rows["include"] == ('["a", "b"]', "precisionlab.toml")
    assert rows["exclude"] == ("none", "default")
    assert rows["recipe.bits"] == ("4.5", "precisionlab.toml")
    assert rows["recipe.threads"] == ("2", "precisionlab.toml")
    assert rows["range.min_channels"] == ("8", "precisionlab.toml")
    assert rows["color"] == ('"auto"', "default")
    n_options = sum(len(option_fields(analyzer.options)) for analyzer in load_all().analyzers.values())
    assert f"\n{n_options - 1:,} options of analyzers are at their defaults; --all shows them\n" in out
    monkeypatch.setenv("NO_COLOR", "1")
    assert lines(command("config")[1])["color"] == ('"never"', "NO_COLOR")
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert lines(command("config")[1])["color"] == ('"never"', "TERM")
    (tmp_path / "precisionlab.toml").write_text('color = "always"')
    assert lines(command("config")[1])["color"] == ('"always"', "precisionlab.toml")


def test_all_and_json_have_every_option(command: Command, tmp_path: Path) -> None:
    """Of every analyzer, the same in both."""
    (tmp_path / "pyproject.toml").write_text("[tool.precisionlab.range]\nmin_channels = 8\n")
    code, out, _ = command("config", "--all")
    assert code == 0
    assert out.startswith("configuration: [tool.precisionlab] of ")
    rows = lines(out)
    document = json.loads(command("config", "--format", "json")[1])
    assert document["file"] == str(tmp_path / "pyproject.toml")
    told = {".".join(filter(None, (one["table"], one["key"]))): one for one in document["settings"]}
    assert set(told) == set(rows)
    for name, analyzer in load_all().analyzers.items():
        for field in option_fields(analyzer.options):
            one = told[f"{name}.{field.name}"]
            default = list(field.default) if isinstance(field.default, tuple) else field.default
            is_set = (name, field.name) == ("range", "min_channels")
            assert one["value"] == (8 if is_set else default)
            assert one["default"] == default
            assert one["source"] == ("file" if is_set else "default")


def test_no_file_is_told(command: Command) -> None:
    """Rather than a name that nobody wrote."""
    code, out, _ = command("config")
    assert code == 0
    assert out.startswith("no configuration file, from this folder upwards\n")
    assert {source for _, source in lines(out).values()} <= {"default", "NO_COLOR", "TERM"}


def places() -> Iterator[tuple[str, Key]]:
    """A place for every key."""
    yield from ((command, key) for command in TABLES for key in keys_of(command).values())


@given(st.sets(st.sampled_from(list(places()))))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_printed_file_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, said: set[tuple[str, Key]]
) -> None:
    """Where it is written it means what was read, from whichever folder that was."""
    folder = tmp_path_factory.getbasetemp()
    monkeypatch.chdir(folder)
    table: dict[str, dict[str, object]] = {command: {} for command, _ in said}
    for command, key in said:
        if not any(key.group and key.group == keys_of(command)[name].group for name in table[command]):
            table[command][key.name] = list(key.example) if isinstance(key.example, tuple) else key.example
    before = configuration_of(folder.parent / "other" / "precisionlab.toml", table)
    after = configuration_of(folder / "precisionlab.toml", tomllib.loads(rendered(settings_of(before))))
    assert list(settings_of(after)) == list(settings_of(before))
    assert sum(one.source is Source.FILE for one in settings_of(after)) == sum(map(len, table.values()))


@pytest.mark.parametrize("budget", ["bits", "size", "min-sqnr"])
def test_what_stands_behind_a_mark_is_right(command: Command, budget: str) -> None:
    """Every line that is not in force can be put in force: it is the default, or an example where there is none."""
    code, text, _ = command("config", "--format", "toml")
    assert code == 0
    assert not any(table for table in tomllib.loads(text).values())
    others = {"bits", "size", "min-sqnr"} - {budget}
    all_in_force = BEHIND.sub("", re.sub(rf"^#({'|'.join(others)}) =.*\n", "", text, flags=re.MULTILINE))
    discovered = load_all()
    configuration = configuration_of(Path("x"), tomllib.loads(all_in_force))
    found = [*settings_of(configuration), *all_options(configuration, discovered)]
    unset = {(one.table, one.name): one for one in settings_of(Configuration())}
    assert len(found) > len(unset)
    for one in found:
        assert one.source is (Source.DEFAULT if one.name in others else Source.FILE)
        if one.name not in others:
            assert one.value == (one.example if one.default is None else one.default)


MISTAKES = [
    ("= 1", "is not valid TOML"),
    ("[tool.precisionlab]\nthreads = 4", "tool: stands in a pyproject.toml alone; leave out tool.precisionlab here"),
    ('ignore = ["PL0,PL1"]', "ignore: takes a list of names, not ['PL0,PL1']"),
    ('output = [""]', "output: takes a list of paths, not ['']"),
    ("[range]\nmin-channels = 4\nmin_channels = 5", "range.min-channels: is there twice, with a dash and with an"),
    ('[report]\nto = ["github"]', "report.to: github goes to standard output alone; use --format github"),
    ('formats = ["bfloat17"]', "formats: bfloat17: there is no such format; did you mean bfloat16?"),
    ('[quantization]\nformats = ["bfloat17"]', "quantization: bfloat17: there is no such format; did you mean"),
    ('analyzers = ["delta"]\nformats = ["int4_g128"]', "formats: delta.formats: int4_g128 is no signed float"),
    ("selct = []", "there is no key selct; did you mean select?"),
    ('select = ["PL9999"]', "select: no rule begins with PL9999"),
    ('[scan]\nanalyzers = ["rnage"]', "scan.analyzers: there is no analyzer rnage; did you mean range?"),
    ("[range]\nmin_chanels = 4", "range.min_chanels: range has no such option; did you mean min_channels?"),
    ("[range]\nthreads = 4", "range.threads: range has no such option; the key threads stands before the first table"),
    ('output = ["report.xls"]', "output: report.xls: no report format has the suffix .xls"),
    ('[compare]\noutput = ["report"]', "compare.output: report: has no suffix to tell its format"),
    ('[recipe]\noutput = ["recipe.txt"]', "recipe.output: recipe.txt: has the suffix of no kind of recipe"),
    ('[recipe]\nformats = ["int4_g12x"]', "recipe.formats: int4_g12x: there is no such format; did you mean"),
    ('[inspect]\nformats = ["bf17"]', "inspect.formats: bf17: there is no such format; did you mean bf16?"),
    ('[sum]\nmethods = ["kahn"]', "sum.methods: method: there is no way of summing called kahn; did you mean kahan?"),
    ('[open]\ntheme = "textual-lihgt"', "open.theme: there is no theme textual-lihgt; did you mean textual-light?"),
]


@pytest.mark.parametrize(("text", "problem"), MISTAKES, ids=[text for text, _ in MISTAKES])
def test_the_file_is_checked_wholly(command: Command, tmp_path: Path, text: str, problem: str) -> None:
    """Whatever command its mistake is about; one line, and nothing printed."""
    (tmp_path / "odd.toml").write_text(text)
    code, out, err = command("config", "--config", "odd.toml")
    assert (code, out) == (2, "")
    assert err.startswith("precisionlab: error: odd.toml: ")
    assert problem in err
    assert err.count("\n") == 1


def test_examples_of_the_documentation_are_right(command: Command, tmp_path: Path) -> None:
    """Every configuration that a page shows."""
    examples = [
        example
        for page in DOCS.glob("*.md")
        for example in re.findall(r"^```toml\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
        if "precisionlab" in example
    ]
    assert examples
    for example in examples:
        (tmp_path / "pyproject.toml").write_text(example)
        code, out, err = command("config", "--config", "pyproject.toml")
        assert (code, err) == (0, "")
        assert "pyproject.toml\n" in out


@pytest.mark.parametrize(
    ("text", "arguments", "problem"),
    [
        ('[recipe]\nobjective = "total"\nbits = 4', ["recipe", "M"], "recipe.objective: total needs --sensitivity"),
        ('[sum]\nmethods = ["dot2"]', ["sum", "1.txt"], "sum.methods: dot2 is a way of summing products"),
        ('formats = ["e9"]\nanalyzers = ["quantization"]', ["scan", "M"], "formats: e9: there is no"),
    ],
    ids=["recipe", "sum", "scan"],
)
def test_a_command_tells_the_place_and_not_a_flag(
    command: Command, tmp_path: Path, text: str, arguments: list[str], problem: str
) -> None:
    """That nobody gave."""
    (tmp_path / "precisionlab.toml").write_text(text)
    (tmp_path / "1.txt").write_text("1 2")
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"precisionlab: error: {tmp_path / 'precisionlab.toml'}: {problem}")
