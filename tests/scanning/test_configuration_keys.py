"""The keys of the configuration: each is declared rightly, and takes what it says it takes."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.errors import UsageError
from precisionlab.scanning.configuration import configuration_of
from precisionlab.scanning.configuration_keys import AT_TOP, COMMANDS, OWN, SHARED, TABLES, keys_of
from precisionlab.scanning.keys import Key, Kind
from precisionlab.scanning.toml_values import spelled

FILE = Path("/somewhere/precisionlab.toml")
WORDS = st.text(st.characters(codec="utf-8"), max_size=20)
RIGHT: dict[Kind, st.SearchStrategy[object]] = {
    Kind.TRUTH: st.booleans(),
    Kind.DEVICE: st.one_of(st.sampled_from(["auto", "cpu", "mps", "cuda"]), st.integers(0, 99).map("cuda:{}".format)),
    Kind.SIZE: st.builds("{}{}".format, st.integers(0, 10**6), st.sampled_from(["", "B", "kB", "GiB", " MB", "m"])),
    Kind.PATHS: st.lists(WORDS.filter(bool), max_size=3),
    Kind.NAMES: st.lists(WORDS.filter(lambda word: word.strip() and "," not in word), max_size=3),
    Kind.TEXTS: st.lists(WORDS, max_size=3),
}
WRONG: dict[Kind, st.SearchStrategy[object]] = {
    Kind.WHOLE: st.one_of(WORDS, st.booleans(), st.floats(), st.lists(WORDS)),
    Kind.NUMBER: st.one_of(WORDS, st.booleans(), st.lists(WORDS)),
    Kind.TRUTH: st.one_of(WORDS, st.integers(), st.lists(WORDS)),
    **dict.fromkeys(
        (Kind.NAMES, Kind.TEXTS, Kind.PATHS), st.one_of(WORDS, st.booleans(), st.lists(st.integers(), min_size=1))
    ),
}


def places() -> Iterator[tuple[str, Key]]:
    """Every place of every key: at the top where it is shared, and in the tables of all its commands."""
    yield from (("", key) for key in SHARED)
    yield from ((command, key) for command in TABLES for key in keys_of(command).values())


def values(key: Key) -> st.SearchStrategy[object]:
    """Values that the key takes, as TOML has them."""
    if key.choices:
        return st.sampled_from(key.choices)
    if key.minimum is not None and key.maximum is not None:
        if key.kind is Kind.WHOLE:
            return st.integers(int(key.minimum), int(key.maximum))
        return st.floats(key.minimum, key.maximum, exclude_min=True)
    return RIGHT.get(key.kind, WORDS)


def table_with(command: str, name: str, value: object) -> dict[str, object]:
    """A file that says this and no more, read anew by the standard library."""
    heading = f"[{command}]\n" if command else ""
    return (
        tomllib.loads(f"{heading}{name} = {spelled(value)}") if spelled_by_us(value) else nested(command, name, value)
    )


def spelled_by_us(value: object) -> bool:
    """Whether it is a value that a key may have."""
    entries = value if isinstance(value, list) else [value]
    return all(isinstance(entry, str) for entry in entries)


def nested(command: str, name: str, value: object) -> dict[str, object]:
    """A table within a table, or the one at the top."""
    return {command: {name: value}} if command else {name: value}


@given(st.data())
def test_what_a_key_takes_is_taken(data: st.DataObject) -> None:
    """Wherever it stands, in either spelling; for the commands that have it, and no others."""
    command, key = data.draw(st.sampled_from(list(places())))
    value = data.draw(values(key))
    name = data.draw(st.sampled_from([key.name, key.name.replace("-", "_")]))
    configuration = configuration_of(FILE, table_with(command, name, value))
    for one in COMMANDS:
        entry = configuration.entry(one, key.name)
        if one == command or (not command and one in key.commands):
            assert entry is not None
            assert entry.value == value
            assert entry.place == (f"{command}.{key.name}" if command else key.name)
        else:
            assert entry is None


@given(st.data())
def test_what_a_key_does_not_take_is_refused(data: st.DataObject) -> None:
    """With the file, the place, and the value; on one line."""
    command, key = data.draw(st.sampled_from(list(places())))
    value = data.draw(WRONG.get(key.kind, st.one_of(st.integers(), st.booleans(), st.lists(WORDS))))
    with pytest.raises(UsageError) as caught:
        configuration_of(FILE, nested(command, key.name, value))
    message = str(caught.value)
    assert message.startswith(f"{FILE}: {command}{'.' if command else ''}{key.name}: takes ")
    assert message.isprintable()


@given(st.data())
def test_numbers_out_of_bounds_are_refused(data: st.DataObject) -> None:
    """On either side, and what is no number."""
    key = data.draw(st.sampled_from([key for _, key in places() if key.maximum is not None]))
    assert key.minimum is not None
    assert key.maximum is not None
    beyond: st.SearchStrategy[object] = st.one_of(
        st.integers(max_value=int(key.minimum) - 1), st.integers(min_value=int(key.maximum) + 1)
    )
    if key.kind is Kind.NUMBER:
        beyond = st.one_of(beyond, st.just(key.minimum), st.just(float("nan")), st.just(float("inf")))
    assert not key.admits(data.draw(beyond))


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12))
def test_names_that_are_no_keys_are_refused(name: str) -> None:
    """Whatever they are made of; a table that is named after nothing, too."""
    if name.replace("_", "-") in {*AT_TOP, *TABLES}:
        return
    with pytest.raises(UsageError, match="there is no key ") as caught:
        configuration_of(FILE, {name: 1})
    assert str(caught.value).isprintable()
    with pytest.raises(UsageError, match=r"there is no key recipe\."):
        configuration_of(FILE, {"recipe": {f"{name}-{name}": 1}})


def test_no_two_keys_share_a_place() -> None:
    """And every command with keys of its own has a table that no key is called like."""
    assert len(AT_TOP) == len(SHARED)
    assert set(OWN) <= set(TABLES)
    for command, own in OWN.items():
        shared = {key.name for key in SHARED if command in key.commands}
        names = [key.name for key in own]
        assert not shared & set(names)
        assert len(set(names)) == len(names)
        assert not any(key.commands for key in own)


@pytest.mark.parametrize("key", [key for _, key in places()], ids=[f"{place}.{key.name}" for place, key in places()])
def test_examples_and_defaults_are_taken(key: Key) -> None:
    """What the documentation and the printed file tell is right."""
    for value in (key.example, key.default):
        if value is not None:
            read = tomllib.loads(f"x = {spelled(value)}")["x"]
            assert key.kind.holds(read)
            assert key.admits(read)
    assert key.example != key.default


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"bits": 4}, "there is no key bits; did you mean recipe.bits?"),
        ({"theme": "x"}, "there is no key theme; did you mean open.theme?"),
        ({"colour": "x"}, "there is no key colour; did you mean color?"),
        ({"open": {"ignore": []}}, "there is no key open.ignore; did you mean ignore, outside of [open]?"),
        ({"open": {"them": "x"}}, "there is no key open.them; did you mean theme?"),
        ({"recpie": {}}, "recpie: there is no such analyzer or command; did you mean recipe?"),
        ({"rnage": {}}, "rnage: there is no such analyzer or command; did you mean range?"),
        ({"recipe": 4}, "recipe: is a table of keys, not 4"),
        ({"recipe": {"bits": 4, "size": "3GB"}}, "recipe.size: does not go with recipe.bits"),
        ({"recipe": {"bits": 0}}, "recipe.bits: takes a number above 0 up to 1000, not 0"),
        ({"fail_on": "fatal"}, "fail-on: takes one of note, warning, error, never, not fatal"),
        ({"scan": {"memory": ""}}, "scan.memory: takes a size such as 512MiB or 2GB, not nothing"),
        ({"fail-on": "note", "fail_on": "note"}, "fail-on: is there twice, with a dash and with an underscore"),
        ({"device": "gpu"}, "device: takes auto, cpu, cuda, cuda:N or mps, not gpu"),
    ],
    ids=str,
)
def test_the_nearest_is_named(table: dict[str, object], problem: str) -> None:
    """Be it here or in another table."""
    with pytest.raises(UsageError) as caught:
        configuration_of(FILE, table)
    assert str(caught.value) == f"{FILE}: {problem}"


def test_the_first_mistake_is_told() -> None:
    """In the order of the file."""
    texts = {
        "threads = -1\nselct = 1": "threads",
        "selct = 1\nthreads = -1": "selct",
        "threads = -1\n[recipe]\nbits = 0": "threads",
        "[open]\nport = 0\n[recipe]\nbits = 0": "port",
    }
    for text, first in texts.items():
        with pytest.raises(UsageError, match=first):
            configuration_of(FILE, tomllib.loads(text))
