"""What each flag takes, and what a wrong one is answered with: one line that names what would be accepted."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]

FORMATS = "(choose from 'text', 'json', 'jsonl', 'markdown', 'html', "


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([], "the following arguments are required: COMMAND; see precisionlab --help"),
        (["scan"], "the following arguments are required: PATH; see precisionlab scan --help"),
        (["explain"], "the following arguments are required: RULE|ANALYZER; see precisionlab explain --help"),
        (
            ["scna"],
            "argument COMMAND: invalid choice: 'scna' (choose from 'open', 'scan', 'compare', ",
        ),
        (["scan", "x", "--ouput", "y.json"], "there is no flag --ouput; did you mean --output?"),
        (["scan", "x", "--ouput=y.json"], "there is no flag --ouput; did you mean --output?"),
        (["scan", "x", "--form", "json"], "there is no flag --form; did you mean --format?"),
        (["scan", "x", "--\x1b[31m"], r"there is no flag --\x1b[31m; see precisionlab scan --help"),
        (["explain", "a", "b"], "there is one argument too many: b; see precisionlab explain --help"),
        (["scan", "x", "--format", "xml"], f"argument --format: invalid choice: 'xml' {FORMATS}"),
        (["scan", "x", "--format"], "argument --format: expected one argument; see precisionlab scan --help"),
        (["scan", "x", "--fail-on", "fatal"], "argument --fail-on: invalid choice: 'fatal' (choose from 'note', 'warn"),
        (["scan", "x", "--color", "red"], "argument --color: invalid choice: 'red' (choose from 'auto', 'always', 'n"),
        (["scan", "x", "--threads", "two"], "--threads: takes a whole number from 0 to 1,024, not two"),
        (["scan", "x", "--threads", "-1"], "--threads: takes a whole number from 0 to 1,024, not -1"),
        (["scan", "x", "--threads", "1.5"], "--threads: takes a whole number from 0 to 1,024, not 1.5"),
        (["scan", "x", "--threads", "9999999999"], "--threads: takes a whole number from 0 to 1,024, not 9999999999"),
        (["scan", "x", "--threads", ""], "--threads: takes a whole number from 0 to 1,024, not nothing"),
        (["scan", "x", "--memory", "much"], "--memory: takes a size such as 512MiB or 2GB, not much"),
        (["scan", "x", "--memory", "-1"], "--memory: takes a size such as 512MiB or 2GB, not -1"),
        (["scan", "x", "--memory", "1e400"], "--memory: takes a size such as 512MiB or 2GB, not 1e400"),
        (["scan", "x", "--memory", "9" * 400], "--memory: takes a size such as 512MiB or 2GB, not 9999"),
        (["scan", "x", "--memory", ""], "--memory: takes a size such as 512MiB or 2GB, not nothing"),
        (["scan", "x", "--device", "gpu"], "--device: takes auto, cpu, cuda, cuda:N or mps, not gpu"),
        (["scan", "x", "--device", ""], "--device: takes auto, cpu, cuda, cuda:N or mps, not nothing"),
        (["scan", "x", "-a", "rnage"], "--analyzers: there is no analyzer rnage; did you mean range?"),
        (["scan", "x", "-a", ","], "--analyzers: names nothing; leave it out to take what is the default"),
        (["scan", "x", "--select", "PL9"], "--select: no rule begins with PL9; known: PL001, "),
        (["scan", "x", "--select", " "], "--select: names nothing; leave it out to take what is the default"),
        (["scan", "x", "--ignore", "PL0200"], "--ignore: no rule begins with PL0200; did you mean PL020?"),
        (["scan", "x", "--set", "range"], "--set: takes analyzer.option=value, not range"),
        (["scan", "x", "--set", "range.min_channels"], "--set: takes analyzer.option=value, not range.min_channels"),
        (["scan", "x", "--set", ".=1"], "--set: takes analyzer.option=value, not .=1"),
        (["scan", "x", "--set", "rang.casts=1"], "rang: there is no such analyzer; did you mean range?"),
        (["scan", "x", "--set", "range.casst=1"], "range.casst: range has no such option; did you mean casts?"),
        (["scan", "x", "--set", "range.min_channels=x"], "takes a whole number of at least 2, not x"),
        (["scan", "x", "--set", "range.max_subnormal_share=nan"], "takes a number from 0 to 1, not nan"),
        (["scan", "x", "--set", "range.casts=float17"], "takes some of float16, bfloat16, "),
        (["scan", "x", "--config", "nowhere.toml"], "nowhere.toml: cannot be read (no such file or directory)"),
        (["list", "thing"], "thing: there is no such list; known: analyzers, rules, formats, containers"),
        (["list", "rule"], "rule: there is no such list; did you mean rules?"),
        (["explain", "pl0020"], "pl0020: there is no such rule or analyzer; did you mean PL0"),
        (["explain", "nonsense"], "nonsense: there is no such rule or analyzer; see precisionlab list rules analyzers"),
        (["explain", "\x1b[31m"], r"\x1b[31m: there is no such rule or analyzer"),
        (
            ["--print-completion", "fish"],
            "invalid choice: 'fish' (choose from 'bash', 'zsh', 'tcsh'); see precisionlab",
        ),
    ],
    ids=lambda value: " ".join(value)[:40].encode("unicode_escape").decode() if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line(command: Command, arguments: Sequence[str], error: str) -> None:
    """Exit code 2, nothing on standard output, and nothing that a terminal would act on."""
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("precisionlab: error: ")
    assert error in err
    assert err.count("\n") == 1
    assert err.removesuffix("\n").isprintable()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["scan", "--help"],
        ["list", "-h"],
        ["explain", "--help"],
        ["inspect", "--help"],
        ["sum", "-h"],
        ["report", "-h"],
        ["config", "-h"],
    ],
)
def test_help_is_a_result(command: Command, arguments: Sequence[str]) -> None:
    """It goes to standard output and ends with 0."""
    code, out, err = command(*arguments)
    assert (code, err) == (0, "")
    assert out.startswith("usage: precisionlab")
    assert max(map(len, out.splitlines())) <= 100


def test_help_lists_the_exit_codes(command: Command) -> None:
    """All four, with what each means."""
    for arguments in (["--help"], ["scan", "--help"]):
        _, out, _ = command(*arguments)
        for code in ("0 ", "1 ", "2 ", "130 "):
            assert f"\n  {code}" in out


def test_the_version_is_a_result(command: Command) -> None:
    """On standard output, for scripts."""
    code, out, err = command("--version")
    assert (code, err) == (0, "")
    assert out.startswith("precisionlab 0.")


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_scripts_are_a_result(command: Command, shell: str) -> None:
    """They name the flags, and go to standard output, to be redirected into a file."""
    code, out, err = command("--print-completion", shell)
    assert (code, err) == (0, "")
    assert "fail-on" in out


def test_explain_knows_rules_by_code_and_name(command: Command) -> None:
    """In any case; a rule's page says what, why and what to do."""
    pages = {command("explain", subject) for subject in ("PL020", "pl020", "subnormals", "Subnormals")}
    ((code, out, err),) = pages
    assert (code, err) == (0, "")
    assert out.startswith("# PL020 subnormals (warning)\n")
    assert "**Remedy**: " in out


def test_explain_shows_options_with_what_they_take(command: Command) -> None:
    """An analyzer's page has every option with its bounds and default, and every rule."""
    code, out, _ = command("explain", "range")
    assert code == 0
    assert "`range.max_subnormal_share`" in out
    assert "Takes a number from 0 to 1; default `0.01`" in out
    assert "PL020 subnormals (warning)" in out


def test_lists_are_chosen_by_name(command: Command) -> None:
    """All four without a name; as text and as JSON the same rows."""
    code, out, err = command("list")
    assert (code, err) == (0, "")
    assert [line for line in out.splitlines() if line.isupper()] == ["ANALYZERS", "RULES", "FORMATS", "CONTAINERS"]
    code, out, _ = command("list", "rules", "containers", "--format", "json")
    assert code == 0
    assert out.startswith('{\n  "rules": [')
    assert '"name": "safetensors"' in out


def test_lists_of_formats_agree(command: Command) -> None:
    """A format's cells are the same in `list formats` and in `formats`."""
    _, listed, _ = command("list", "formats")
    _, catalogue, _ = command("formats")
    elements = catalogue.partition("\nblock formats\n")[0]
    cells = {line.split()[0]: line.split() for line in elements.splitlines() if line}
    rows = [line.split() for line in listed.splitlines()[1:]]
    assert rows[0][:-1] == cells["name"]
    assert len(rows) > 20
    assert all(row[: len(cells[row[0]])] == cells[row[0]] for row in rows[1:])


@pytest.mark.parametrize(
    ("size", "n_bytes"),
    [("0", 0), ("512", 512), ("2GB", 2 * 10**9), ("1.5GiB", 3 << 29), ("64 KiB", 64 << 10), ("1m", 1 << 20), ("3tb", 3 * 10**12)],
)  # fmt: skip
def test_sizes(command: Command, healthy: str, size: str, n_bytes: int) -> None:
    """Decimal and binary units, in any case; a size is exact."""
    from precisionlab.cli.plan import Said, memory_bytes

    assert memory_bytes(Said(size, "--memory")) == n_bytes
    assert command("scan", healthy, "-q", "--memory", size)[0] == 0


CONFIGURED = [
    ('select = ["PL9"]', "select: no rule begins with PL9"),
    ('fail-on = "fatal"', "fail-on: takes one of note, warning, error, never, not fatal"),
    ('memory = "much"', "memory: takes a size such as 512MiB or 2GB, not much"),
    ("threads = -1", "threads: takes a whole number from 0 to 1,024, not -1"),
    ('device = "gpu"', "device: takes auto, cpu, cuda, cuda:N or mps, not gpu"),
    ('analyzers = ["rnage"]', "analyzers: there is no analyzer rnage; did you mean range?"),
    ("[rnage]\nx = 1", "rnage: there is no such analyzer or command; did you mean range?"),
    ("[range]\nmin_chanels = 4", "range.min_chanels: range has no such option; did you mean min_channels?"),
    ("[range]\nmin_channels = 2.5", "range.min_channels: takes a whole number of at least 2, not 2.5"),
]


@pytest.mark.parametrize(("text", "problem"), CONFIGURED, ids=[text.split("\n")[-1] for text, _ in CONFIGURED])
def test_a_mistake_in_the_configuration_names_the_file(
    command: Command, tmp_path: Path, healthy: str, text: str, problem: str
) -> None:
    """The file, the key, what was given, what would be accepted; never the name of a flag that nobody used."""
    (tmp_path / "precisionlab.toml").write_text(text)
    code, out, err = command("scan", healthy)
    assert (code, out) == (2, "")
    assert err.startswith(f"precisionlab: error: {tmp_path / 'precisionlab.toml'}: {problem}")
    assert err.count("\n") == 1


def test_flags_overrule_the_configuration(command: Command, tmp_path: Path, sick: str) -> None:
    """Each key has its flag; options of analyzers are merged one by one."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.precisionlab]\nselect = ["PL020"]\nfail-on = "warning"\n'
        "[tool.precisionlab.range]\nmax-subnormal-share = 1\nmin_channels = 8\n"
    )
    assert command("scan", sick, "-q")[0] == 0
    assert command("scan", sick, "-q", "--set", "range.max_subnormal_share=0.01")[0] == 1
    assert command("scan", sick, "-q", "--set", "range.max_subnormal_share=0.01", "--fail-on", "error")[0] == 0
    assert command("scan", sick, "-q", "--select", "PL001")[0] == 1
    (tmp_path / "other.toml").write_text('fail_on = "never"')
    assert command("scan", sick, "-q", "--config", "other.toml")[0] == 0
    assert command("scan", sick, "-q", "--config", "pyproject.toml")[0] == 0


def test_a_configured_code_may_be_of_an_analyzer_that_does_not_run(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, healthy: str
) -> None:
    """The file speaks of all analyzers, a command line of those that it names."""
    metadata = tmp_path / "party-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: party\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[precisionlab.analyzers]\nquiet = quieting:quiet\n")
    (tmp_path / "quieting.py").write_text(
        "from precisionlab.analysis.analyzers import Analyzer\n"
        "from precisionlab.analysis.results import Result\n"
        "quiet = Analyzer('quiet', '?', lambda tensor, options: Result('quiet', tensor.info.name))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "precisionlab.toml").write_text('ignore = ["PL020"]')
    assert command("scan", healthy, "-q", "-a", "quiet")[0] == 0
    assert command("scan", healthy, "-q", "-a", "quiet", "--ignore", "PL020")[0] == 2


@pytest.mark.parametrize("role", ["sensitivity", "calibration", "against"])
def test_files_beside_that_nobody_reads_are_refused(role: str, command: Command, healthy: str) -> None:
    """Named by a flag while no chosen analyzer looks at them: nothing is left out without a word."""
    code, _, error = command("scan", healthy, "-a", "range", f"--{role}", "nowhere.safetensors")
    assert code == 2
    assert f"--{role}: no analyzer that runs looks at it; name one that does with --analyzers" in error


def test_formats_without_a_taker_are_refused(command: Command, healthy: str) -> None:
    """As `range` has no such option."""
    code, _, error = command("scan", healthy, "-a", "range", "--formats", "nvfp4")
    assert code == 2
    assert "--formats: no analyzer that runs has such an option; name one with --analyzers" in error
