"""Configuration files: where they are looked for, and what each mistake in one is answered with."""

from collections.abc import Callable
from pathlib import Path

import pytest

from precisionlab.errors import UsageError
from precisionlab.scanning.configuration import find_configuration, read_configuration

Install = Callable[..., None]


def test_no_file_is_an_empty_configuration(tmp_path: Path) -> None:
    """Nothing up to the root of the file system says nothing."""
    assert find_configuration(tmp_path).values == {}
    assert find_configuration(tmp_path).path is None


def test_the_nearest_folder_upwards_counts(tmp_path: Path) -> None:
    """A folder's file hides those of the folders above it."""
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "precisionlab.toml").write_text("threads = 1")
    assert find_configuration(below).values == {"threads": 1}
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.precisionlab]\nthreads = 2")
    assert find_configuration(below).values == {"threads": 2}
    (tmp_path / "a" / "precisionlab.toml").write_text("threads = 3")
    assert find_configuration(below).values == {"threads": 3}


def test_a_file_may_begin_with_a_mark(tmp_path: Path) -> None:
    """As some editors write UTF-8, with the line ends of Windows."""
    (tmp_path / "precisionlab.toml").write_bytes(b"\xef\xbb\xbfthreads = 1\r\nmemory = '1GB'\r\n")
    assert find_configuration(tmp_path).values == {"threads": 1, "memory": "1GB"}


@pytest.mark.parametrize("text", ["", "[tool.other]\nx = 1", "tool = 3", "[project]\nname = 'x'"])
def test_a_pyproject_without_the_table_is_passed_over(tmp_path: Path, text: str) -> None:
    """Another project's file on the way up says nothing about ours; one that is named must have the table."""
    (tmp_path / "precisionlab.toml").write_text("threads = 1")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(text)
    assert find_configuration(folder).values == {"threads": 1}
    with pytest.raises(UsageError, match=r"pyproject.toml: has no table \[tool.precisionlab\]$"):
        read_configuration(folder / "pyproject.toml")


def test_keys_and_tables_are_told_apart(tmp_path: Path) -> None:
    """Tables are options of analyzers; keys may be written with dashes or underscores."""
    path = tmp_path / "some.toml"
    path.write_text('fail_on = "note"\ninclude = ["*.weight"]\n[range]\nmin_channels = 4\n[bits]\n')
    configuration = read_configuration(path)
    assert configuration.values == {"fail-on": "note", "include": ["*.weight"]}
    assert configuration.options == {"range": {"min_channels": 4}, "bits": {}}
    assert configuration.path == path


def test_an_analyzer_may_be_called_like_a_key(tmp_path: Path, install: Install) -> None:
    """A table is the analyzer's, any other value the key's."""
    install("party", {"quiet": "thirdparty:quiet"}, thirdparty="raise SystemExit")
    path = tmp_path / "precisionlab.toml"
    path.write_text("[quiet]\nx = 1")
    assert read_configuration(path).options == {"quiet": {"x": 1}}
    path.write_text("quiet = true")
    assert read_configuration(path).values == {"quiet": True}
    path.write_text("[color]\nx = 1")
    with pytest.raises(UsageError, match="color: takes a text, such as "):
        read_configuration(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('selct = ["PL0"]', "there is no key selct; did you mean select?"),
        ('"\\u001b[31m" = 1', r"there is no key \x1b[31m; known: analyzers, include, exclude,"),
        ('select = "PL0"', """select: takes a list of texts, such as ["PL00"], not 'PL0'"""),
        ("analyzers = [1]", """analyzers: takes a list of texts, such as ["range"], not [1]"""),
        ("[select]\nx = 1", "select: takes a list of texts"),
        ("memory = 12", """memory: takes a text, such as "2GiB", not 12"""),
        ("device = 1979-05-27", "device: takes a text, such as "),
        ('threads = "2"', "threads: takes a whole number, such as 4, not '2'"),
        ("threads = true", "threads: takes a whole number, such as 4, not True"),
        ("threads = 1.5", "threads: takes a whole number, such as 4, not 1.5"),
        ("a = = 1", "is not valid TOML (Invalid value (at line 1, column 5))"),
        (f"a = {'[' * 100_000}", "is nested too deeply for a configuration"),
        (f"# {'x' * (1 << 20)}", "is too long for a configuration: more than 1,048,576 bytes"),
    ],
)
def test_a_mistake_is_named_with_its_file(tmp_path: Path, text: str, problem: str) -> None:
    """One line says which file, which key, what was given and what would be right."""
    path = tmp_path / "precisionlab.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        find_configuration(tmp_path)
    assert str(caught.value).startswith(str(path))
    assert problem in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_table_that_is_none_is_an_error(tmp_path: Path) -> None:
    """`tool.precisionlab = 3` is meant for us, and wrong."""
    (tmp_path / "pyproject.toml").write_text("[tool]\nprecisionlab = 3")
    with pytest.raises(UsageError, match=r"pyproject.toml: its tool.precisionlab is not a table$"):
        find_configuration(tmp_path)


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """A missing file, a folder, a device without an end, bytes that are no UTF-8."""
    with pytest.raises(UsageError, match=r"cannot be read \(no such file or directory\)$"):
        read_configuration(tmp_path / "nowhere.toml")
    with pytest.raises(UsageError, match=r"cannot be read \(is a directory\)$"):
        read_configuration(tmp_path)
    with pytest.raises(UsageError, match="/dev/zero: is too long"):
        read_configuration(Path("/dev/zero"))
    (tmp_path / "latin.toml").write_bytes(b"a = '\xe9'")
    with pytest.raises(UsageError, match=r"is not valid TOML \(not UTF-8\)$"):
        read_configuration(tmp_path / "latin.toml")
