"""What the app remembers from one time to the next: theme, what was opened, how tensors are shown, keys."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from precisionlab.errors import UsageError
from precisionlab.replacement import cause, replace_file

MOST_RECENT = 20
MAX_BYTES = 1 << 20
"""Longest file that is read: one put there by mistake may be anything."""
LATEST = 1e11
"""Seconds since 1970 that calendars know."""
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Opened:
    """A checkpoint that was opened."""

    path: str
    when: float
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """All of it."""

    theme: str | None = None
    """None for Textual's own choice."""
    recent: tuple[Opened, ...] = ()
    """The newest first."""
    folds_layers: bool = False
    keys: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """Keys, separated by commas, by the name of a binding, such as `lab.find`; only the user writes them."""
    others: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """What another version wrote and this one does not know."""


Change = Callable[[Remembered], Remembered]


def settings_path() -> Path:
    """The file in the user's configuration folder: `XDG_CONFIG_HOME/precisionlab/app.json` on Linux."""
    from platformdirs import user_config_path  # noqa: PLC0415 - Textual has imported it by then

    return user_config_path("precisionlab", appauthor=False) / "app.json"


def with_opened(remembered: Remembered, path: str, when: float) -> Remembered:
    """A checkpoint was opened."""
    others = [one for one in remembered.recent if one.path != path]
    return replace(remembered, recent=(Opened(path, when), *others)[:MOST_RECENT])


def without(remembered: Remembered, path: str) -> Remembered:
    """A checkpoint is to be forgotten."""
    return replace(remembered, recent=tuple(one for one in remembered.recent if one.path != path))


class SettingsFile:
    """The file: read when asked, written by threads one after the other, so that nobody waits for the disk."""

    def __init__(self, path: Path, complain: Callable[[str], None]) -> None:
        self.path = path
        self._complain = complain
        """Told, from any thread, what could not be read or written."""
        self._writing: threading.Thread | None = None

    def read(self) -> Remembered:
        """What is remembered; nothing where there is no file, or a broken one, which is put aside."""
        try:
            with self.path.open("rb") as stream:
                return decoded(stream.read(MAX_BYTES + 1))
        except FileNotFoundError:
            pass
        except OSError as error:
            self._complain(f"settings cannot be read: {cause(error)}")
        except UsageError as error:
            self._complain(f"settings are left out: {error}; {self._put_aside()}")
        return Remembered()

    def change(self, change: Change) -> None:
        """Change what the file says by now, soon; what another app has written meanwhile stays."""
        self._writing = threading.Thread(target=self._change, args=(change, self._writing), name="settings")
        self._writing.start()

    def finish(self, seconds: float) -> None:
        """Wait so long, at most, until all is written."""
        if self._writing is not None:
            self._writing.join(seconds)

    def _change(self, change: Change, before: threading.Thread | None) -> None:
        if before is not None:
            before.join()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self.path, [encoded(change(self.read()))])
        except OSError as error:
            self._complain(f"settings cannot be kept: {cause(error)}")

    def _put_aside(self) -> str:
        aside = self.path.with_name(f"{self.path.name}.broken-{time.strftime('%Y%m%d-%H%M%S')}")
        try:
            self.path.rename(aside)
        except OSError as error:
            return f"the file cannot be put aside ({cause(error)})"
        return f"the file is now {aside.name}"


def encoded(remembered: Remembered) -> bytes:
    """As JSON that people can edit."""
    known = {
        "theme": remembered.theme,
        "recent": [{"path": one.path, "when": round(one.when, 3)} for one in remembered.recent],
        "folds_layers": remembered.folds_layers,
        "keys": dict(remembered.keys),
    }
    return (json.dumps({**known, **remembered.others}, indent=2) + "\n").encode("ascii")


def decoded(content: bytes) -> Remembered:
    """What the JSON says.

    Raises:
        UsageError: it is not such JSON.
    """
    if len(content) > MAX_BYTES:
        raise UsageError("", f"they are longer than {MAX_BYTES:,} bytes")
    try:
        given = checked(json.loads(content), dict, "the file")
        return Remembered(
            theme=checked(given.pop("theme", None), str | None, "theme"),
            recent=tuple(opened(one) for one in checked(given.pop("recent", []), list, "recent")),
            folds_layers=checked(given.pop("folds_layers", False), bool, "folds_layers"),
            keys=MappingProxyType(keys_of(given.pop("keys", {}))),
            others=MappingProxyType(given),
        )
    except (ValueError, RecursionError) as error:
        raise UsageError("", "they are no JSON") from error


def opened(given: object) -> Opened:
    """One of the checkpoints that were opened.

    Raises:
        UsageError: it is none.
    """
    one = checked(given, dict, "recent")
    when = checked(one.get("when"), int | float, "recent")
    if not 0 <= when <= LATEST:
        raise UsageError("", "a time under recent is none")
    return Opened(checked(one.get("path"), str, "recent"), float(when))


def keys_of(given: object) -> dict[str, str]:
    """Keys by the name of a binding.

    Raises:
        UsageError: they are not.
    """
    return {name: checked(keys, str, "keys") for name, keys in checked(given, dict, "keys").items()}


def checked(value: object, kind: Any, key: str) -> Any:  # noqa: ANN401 - JSON holds anything
    """The value, which is of that kind.

    Raises:
        UsageError: it is not.
    """
    if not isinstance(value, kind):
        raise UsageError("", f"{key} is not what it should be")
    return value
