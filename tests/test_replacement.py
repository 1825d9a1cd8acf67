"""Files and folders come into their place in one step."""

import errno
import stat
from pathlib import Path

import pytest

from precisionlab.replacement import cause, new_folder, place_of, replace_file, require_room


def test_a_file_is_its_chunks_joined(tmp_path: Path) -> None:
    """Nothing but the file is left in the folder."""
    replace_file(tmp_path / "x", [b"ab", bytearray(b"c"), memoryview(b"def")[1:]])
    assert (tmp_path / "x").read_bytes() == b"abcef"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_is_there_when_it_is_complete(tmp_path: Path) -> None:
    """Inside the block it lies beside its place, under a hidden name; the permissions of an empty one stay."""
    (tmp_path / "there").mkdir(mode=0o750)
    for name in ("new", "there"):
        with new_folder(tmp_path / name) as folder:
            (folder / "file").touch()
            assert folder.parent == tmp_path
            assert folder.name.startswith(".")
            assert not (tmp_path / name / "file").exists()
        assert [path.name for path in (tmp_path / name).iterdir()] == ["file"]
    assert stat.S_IMODE((tmp_path / "there").stat().st_mode) == 0o750
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_filled_meanwhile_is_left_alone(tmp_path: Path) -> None:
    """What another process put there first stays."""
    (tmp_path / "x").mkdir()
    with pytest.raises(OSError, match="not empty") as caught, new_folder(tmp_path / "x") as folder:  # noqa: PT012 - what happens meanwhile
        (folder / "mine").touch()
        (tmp_path / "x" / "theirs").touch()
    assert caught.value.errno in {errno.ENOTEMPTY, errno.EEXIST}
    assert [path.name for path in tmp_path.rglob("*")] == ["x", "theirs"]


def test_paths_that_cannot_be_are_told(tmp_path: Path) -> None:
    """A NUL, and links in a circle; a link to nothing leads where it points."""
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "link").symlink_to("nothing")
    for name, says in [("circle", "its symbolic links form a circle"), ("\0", "it is no possible path")]:
        with pytest.raises(OSError, match=says):
            place_of(tmp_path / name)
    assert place_of(tmp_path / "link") == tmp_path.resolve() / "nothing"


def test_room_is_told(tmp_path: Path) -> None:
    """More bytes than any disk has free are refused; the cause reads as a clause."""
    require_room(tmp_path / "x", 1)
    with pytest.raises(OSError, match="1,152,921,504,606,846,976 bytes of disk") as caught:
        require_room(tmp_path / "x", 1 << 60)
    assert caught.value.errno == errno.ENOSPC
    assert cause(caught.value).startswith("it takes 1,152,")
    assert cause(OSError()) == "unknown cause"
