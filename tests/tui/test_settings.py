"""What the app remembers."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from precisionlab.tui.settings import MOST_RECENT, Opened, Remembered, SettingsFile, settings_path, with_opened, without


def settings_file(path: Path) -> tuple[SettingsFile, list[str]]:
    """A file, and what it complains of."""
    complaints: list[str] = []
    return SettingsFile(path, complaints.append), complaints


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Everything comes back, in a folder that is made for it; keys that this version does not know stay."""
    path = tmp_path / "new" / "app.json"
    file, complaints = settings_file(path)
    known = Remembered(
        "nord", (Opened("/a\u2028b", 12.5), Opened("/c", 3.0)), True, {"lab.find": "ctrl+f"}, {"later": [1]}
    )
    file.change(lambda _: known)
    file.finish(60)
    assert file.read() == known
    assert json.loads(path.read_text())["later"] == [1]
    assert complaints == []


def test_nothing_is_remembered_at_first(tmp_path: Path) -> None:
    """No file is no trouble."""
    file, complaints = settings_file(tmp_path / "app.json")
    assert file.read() == Remembered()
    assert complaints == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"theme": 1}',
        b'{"recent": [1]}',
        b'{"recent": [{"path": "/a"}]}',
        b'{"recent": [{"path": "/a", "when": "now"}]}',
        b'{"recent": [{"path": "/a", "when": NaN}]}',
        b'{"recent": [{"path": "/a", "when": 1e300}]}',
        b'{"folds_layers": "no"}',
        b'{"keys": {"lab.find": 1}}',
        b" " * (1 << 20) + b"{}",
    ],
    ids=lambda content: repr(content[:40]),
)
def test_a_broken_file_is_put_aside(tmp_path: Path, content: bytes) -> None:
    """It is left out with a word, and nothing of it is lost."""
    path = tmp_path / "app.json"
    path.write_bytes(content)
    file, complaints = settings_file(path)
    assert file.read() == Remembered()
    (complaint,) = complaints
    (aside,) = tmp_path.iterdir()
    assert aside.name in complaint
    assert aside.read_bytes() == content
    file.change(lambda known: with_opened(known, "/a", 1))
    file.finish(60)
    assert file.read().recent == (Opened("/a", 1),)
    assert aside.read_bytes() == content


def test_changes_follow_each_other_and_keep_those_of_others(tmp_path: Path) -> None:
    """Many changes in a row all count, and so does what another app wrote between them."""
    path = tmp_path / "app.json"
    (one, _), (other, _) = settings_file(path), settings_file(path)
    for i in range(10):
        one.change(lambda known, i=i: with_opened(known, f"/{i}", i))  # type: ignore[misc] # its default is typed by it
    one.finish(60)
    other.change(lambda known: replace(known, theme="nord"))
    other.finish(60)
    one.change(lambda known: without(known, "/4"))
    one.finish(60)
    assert one.read() == Remembered("nord", tuple(Opened(f"/{i}", i) for i in range(9, -1, -1) if i != 4))


def test_a_path_is_listed_once_and_the_newest_come_first() -> None:
    """The list is bounded."""
    known = Remembered()
    for i in range(MOST_RECENT + 5):
        known = with_opened(known, f"/{i}", i)
    known = with_opened(known, "/20", 99)
    assert len(known.recent) == MOST_RECENT
    assert [one.path for one in known.recent[:3]] == ["/20", "/24", "/23"]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The app goes on without."""
    (tmp_path / "file").write_text("")
    file, complaints = settings_file(tmp_path / "file" / "app.json")
    file.change(lambda known: with_opened(known, "/a", 1))
    file.finish(60)
    (complaint,) = complaints
    assert complaint.startswith("settings cannot be kept: ")


@pytest.mark.skipif(sys.platform != "linux", reason="each system has its own place")
def test_the_place_follows_the_standard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """XDG_CONFIG_HOME counts."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert settings_path() == tmp_path / "precisionlab" / "app.json"
