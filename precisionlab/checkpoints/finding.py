"""From what a user typed to checkpoints: files, folders, folders of folders, patterns."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path

from precisionlab.checkpoints.containers import all_suffixes
from precisionlab.checkpoints.sharded import is_index, is_set, set_of
from precisionlab.checkpoints.unsupported import kind_of_folder, kind_of_name
from precisionlab.errors import CheckpointError
from precisionlab.escaping import printable

_BESIDE_WEIGHTS = re.compile(r"training_args\.bin|scheduler\.pt|scaler\.pt|rng_state(_\d+)?\.pth")
"""What trainers pickle beside the weights: settings and states that are no weights."""

_FAMILY = re.compile(r"(?P<family>.+?)(-\d{5}-of-\d{5})?\.(safetensors|bin)(\.index(\.[^.]+)?\.json)?", re.DOTALL)
_PYTORCH_FAMILY = re.compile(r"((diffusion_)?pytorch|adapter)_model(\..*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a checkpoint is."""

    shown: str
    """The path that stands for it: of its folder, where it is alone there."""
    file: str
    """The file to open, or what stands for numbered shards; the folder itself where it cannot be read."""


def find_checkpoints(argument: str) -> tuple[str, ...]:
    """The paths to give to `open_checkpoint`, one a checkpoint, in natural order.

    The argument is a file, a folder or a pattern (`*`, `?`, `[...]`, and `**` for any
    folders); a path that exists is never taken for a pattern. In a folder count

    - its indexes of shards alone, where there are any;
    - otherwise every file with the suffix of a container, numbered shards as one, without
      the `pytorch_model*.bin` of a model that is there as safetensors too, and without
      the settings that trainers pickle (`training_args.bin`, `scheduler.pt`, ...);
    - otherwise the folders in it, likewise; hidden ones are left out, and none is
      visited twice.

    What is found may still be damaged, or of an unsupported container: opening it tells.

    Raises:
        CheckpointError: nothing exists there, or no checkpoint.
    """
    if not argument:
        raise CheckpointError("", "the path is empty")
    if os.path.lexists(argument):
        return _existing(argument)
    if is_set(Path(argument).name) and Path(argument).parent.is_dir():
        return (argument,)
    if re.search(r"[*?[]", argument):
        return _matching(argument)
    raise CheckpointError(argument, "does not exist")


def find_in_folder(folder: str) -> tuple[Place, ...]:
    """Every checkpoint of a folder.

    Raises:
        CheckpointError: there is none.
    """
    places = tuple(_search(folder))
    if not places:
        raise _nothing_in(folder)
    return places


def natural_key(name: str) -> list[str | int]:
    """Sorts `layer.2` before `layer.10`."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


def _existing(path: str) -> tuple[str, ...]:
    if not os.path.isdir(path):  # noqa: PTH112 (Path would drop what the user typed)
        return (path,)
    return tuple(place.shown for place in find_in_folder(path))


def _matching(pattern: str) -> tuple[str, ...]:
    """What the pattern's matches hold; a checkpoint found twice is named once."""
    places: dict[tuple[object, str], str] = {}
    for place in _matched_places(pattern):
        places.setdefault((_identity(Path(place.file).parent), Path(place.file).name), place.shown)
    if not places:
        raise CheckpointError(pattern, "no checkpoint matches")
    return tuple(places.values())


def _matched_places(pattern: str) -> Iterator[Place]:
    paths = [Path(path) for path in _expand(pattern)]
    for folder in (path for path in paths if path.is_dir()):
        yield from _search(str(folder))
    files = (path for path in paths if not path.is_dir())
    for parent, group in groupby(files, key=lambda path: path.parent):
        for name in checkpoints_among(path.name for path in group):
            yield Place(str(parent / name), str(parent / name))


def checkpoints_among(names: Iterable[str]) -> list[str]:
    """Those names of one folder's files that are checkpoints, by the rules of `find_checkpoints`."""
    suffixes = all_suffixes()
    candidates = [name for name in sorted(names, key=natural_key) if _is_candidate(name, suffixes)]
    families = {_family(name) for name in candidates if ".safetensors" in name}
    unique = [name for name in candidates if not _has_twin(name, families)]
    return [name for name in unique if is_index(name)] or list(dict.fromkeys(set_of(name) or name for name in unique))


def _is_candidate(name: str, suffixes: tuple[str, ...]) -> bool:
    if name.startswith(".") or _BESIDE_WEIGHTS.fullmatch(name):
        return False
    return is_index(name) or name.lower().endswith(suffixes)


def _family(name: str) -> str:
    match = _FAMILY.fullmatch(name)
    return match["family"] if match else name


def _has_twin(name: str, families: set[str]) -> bool:
    """Whether the file is of a PyTorch model that lies beside it as safetensors."""
    family = _family(name)
    if ".safetensors" in name or not _PYTORCH_FAMILY.fullmatch(family):
        return False
    return family in families or family.removeprefix("pytorch_") in families


@dataclass(frozen=True, slots=True)
class _Folder:
    path: str
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    """Names, without hidden ones, in natural order."""
    is_readable: bool = True


def _list(path: str) -> _Folder:
    try:
        with os.scandir(path) as entries:
            kinds = [(entry.name, entry.is_dir()) for entry in entries]
    except (OSError, ValueError):
        return _Folder(path, is_readable=False)
    folders = sorted((name for name, is_folder in kinds if is_folder and not name.startswith(".")), key=natural_key)
    return _Folder(path, tuple(name for name, is_folder in kinds if not is_folder), tuple(folders))


def _walk(top: str, is_end: Callable[[_Folder], bool]) -> Iterator[_Folder]:
    """The folder and those below it, but none below an end; each once, and no link leads up from the folder."""
    pending = [top]
    seen = {_identity(above) for above in Path(top).resolve().parents}
    while pending:
        folder = _list(pending.pop())
        identity = _identity(folder.path)
        if identity not in seen:
            seen.add(identity)
            yield folder
            if not is_end(folder):
                pending += [_join(folder.path, name) for name in reversed(folder.folders)]


def _identity(folder: str | Path) -> tuple[int, int] | str:
    """The same for all paths that lead to one folder, unless nobody may look at it."""
    try:
        status = os.stat(folder)  # noqa: PTH116 (either kind of path)
    except OSError:
        return str(folder)
    return status.st_dev, status.st_ino


def _join(folder: str, name: str) -> str:
    return str(Path(folder) / name)


def _search(top: str) -> Iterator[Place]:
    for folder in _walk(top, lambda folder: bool(_places_at(folder))):
        yield from _places_at(folder)


def _places_at(folder: _Folder) -> list[Place]:
    """What the folder itself holds."""
    names = checkpoints_among(folder.files)
    if len(names) == 1:
        return [Place(folder.path, _join(folder.path, names[0]))]
    if names:
        return [Place(_join(folder.path, name), _join(folder.path, name)) for name in names]
    if not folder.is_readable or kind_of_folder(folder.files):
        return [Place(folder.path, folder.path)]
    return []


def _expand(pattern: str) -> list[str]:
    """The paths that match, in natural order; `**` takes any folders, and follows no loop."""
    path = Path(pattern)
    found = [path.anchor or "."]
    for part in path.parts[1:] if path.anchor else path.parts:
        found = [match for folder in found for match in _step(folder, part)]
    return found


def _step(folder: str, part: str) -> Iterator[str]:
    if part == "**":
        yield from (below.path for below in _walk(folder, lambda _: False))
        return
    if not re.search(r"[*?[]", part):
        yield from (path for path in [_join(folder, part)] if os.path.lexists(path))
        return
    listed = _list(folder)
    names = sorted((*listed.files, *listed.folders), key=natural_key)
    yield from (_join(folder, name) for name in names if _matches(name, part))


def _matches(name: str, part: str) -> bool:
    return fnmatchcase(name, part) and (part.startswith(".") or not name.startswith("."))


def _nothing_in(folder: str) -> CheckpointError:
    """Nothing in the folder: with a word on the first file that is of a known kind."""
    for name in sorted(_list(folder).files, key=natural_key):
        kind = kind_of_name(name)
        if kind is not None and not name.endswith(".json"):
            return CheckpointError(folder, f"holds no checkpoint: {printable(name)} is {kind.what}", kind.remedy)
    return CheckpointError(folder, "holds no checkpoint")
