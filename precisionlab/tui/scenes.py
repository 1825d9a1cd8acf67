"""What the microscope has looked at: an element or none, its bits now, and the way back."""

from dataclasses import dataclass, replace
from typing import Final

from precisionlab.tui.elements import Place
from precisionlab.tui.microscope import Specimen

MOST_KEPT: Final = 500
"""Steps back."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A pattern, and where it came from."""

    specimen: Specimen
    place: Place | None = None
    """In the tensor, where there is one."""
    stored: Specimen | None = None
    """What lies at the place."""

    @property
    def is_edited(self) -> bool:
        """Whether this is no longer what is stored."""
        return self.stored is not None and identity(self.stored) != identity(self.specimen)


@dataclass(frozen=True, slots=True)
class History:
    """The present scene between those before and those undone."""

    present: Scene
    past: tuple[Scene, ...] = ()
    future: tuple[Scene, ...] = ()


def identity(specimen: Specimen) -> tuple[object, ...]:
    """All of a specimen but the cursor, whose moves are not undone."""
    return (specimen.format, specimen.pattern, specimen.asked)


def advanced(history: History, scene: Scene) -> History:
    """The history with a new present; moving the cursor is no step of it."""
    present = history.present
    if scene.place == present.place and identity(scene.specimen) == identity(present.specimen):
        return replace(history, present=scene)
    return History(scene, (*history.past, present)[-MOST_KEPT:])


def undone(history: History) -> History:
    """One step back, or the same where there is none."""
    if not history.past:
        return history
    return History(history.past[-1], history.past[:-1], (history.present, *history.future))


def redone(history: History) -> History:
    """One undone step forth, or the same where there is none."""
    if not history.future:
        return history
    return History(history.future[0], (*history.past, history.present), history.future[1:])
