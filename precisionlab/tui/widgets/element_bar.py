"""Which number of a tensor is under the microscope: typed, stepped to, or found by streaming in a thread."""

import time
from collections.abc import Callable, Sequence

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static
from textual.worker import Worker, get_current_worker

from precisionlab.analysis.elements import Element, element_text, read_element
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.worst import Loser
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.checkpoints.reading import FileReader
from precisionlab.errors import PrecisionlabError
from precisionlab.escaping import printable
from precisionlab.formats import ElementFormat
from precisionlab.reports.quantities import count
from precisionlab.tui.elements import Place, number_of, place_after, place_text, typed_place
from precisionlab.tui.seeking import WORST, Aim, Found, StoppedError, WatchedReader, nearest, nth_worst, worst

TOLD_SECONDS = 0.2
"""Between two words about how far a search is."""


class ElementBar(Horizontal):
    """Says with `Arrived` what lies at a place."""

    DEFAULT_CSS = """
    ElementBar { height: 1; padding: 0 1; }
    ElementBar .tensor { width: auto; max-width: 60%; margin: 0 2 0 0; }
    ElementBar .said { width: 1fr; color: $text-muted; }
    ElementBar Input { width: 22; }
    """

    class Arrived(Message):
        """This lies at a place of the tensor."""

        def __init__(self, place: Place, element: Element) -> None:
            super().__init__()
            self.place = place
            self.element = element

    class Sought(Message):
        """A search led here, or nowhere."""

        def __init__(self, found: Found) -> None:
            super().__init__()
            self.found = found

    class Told(Message):
        """A search is so far."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

        def can_replace(self, message: Message) -> bool:
            """The latest word counts."""
            return isinstance(message, ElementBar.Told)

    class Left(Message):
        """There is nothing more to type."""

    class Failed(Message):
        """The tensor cannot be read, or not cast."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def __init__(self, tensor: TensorInfo, index: tuple[int, ...]) -> None:
        super().__init__()
        self.tensor = tensor
        self.place = Place(index or (0,) * len(tensor.shape))
        """Where to be; what lies there may still be read."""
        self._reader = FileReader()
        self._search: tuple[str, ElementFormat] | None = None
        self._n_found = 0
        """How often the same was looked for already."""
        self._losers: dict[ElementFormat, Sequence[Loser]] = {}

    def compose(self) -> ComposeResult:
        """Name, room for words, and the index."""
        yield Static(heading(self.tensor), classes="tensor", markup=False)
        yield Static("", classes="said", markup=False)
        yield Input(select_on_focus=True, compact=True, tooltip="an index such as 3,5 or -1,0")

    def on_mount(self) -> None:
        """Go to the first place."""
        self.go(self.place)

    def on_unmount(self) -> None:
        """Keep no file open."""
        self._reader.close()

    def go(self, place: Place) -> None:
        """Read what lies at a place."""
        self.place = place
        self._read(place)

    def step(self, by: int) -> None:
        """So many numbers further."""
        self.go(place_after(self.place, by, self.tensor))

    def show(self, place: Place, *, is_edited: bool) -> None:
        """Show where the microscope is, which need not be where it is on the way to."""
        self.query_one(Input).value = place_text(place, self.tensor)
        number = f"number {count(number_of(place, self.tensor) + 1)}"
        self._say(f"{number}, changed here only" if is_edited else f"p ◂ {number} ▸ n")

    def seek(self, name: str, target: ElementFormat) -> None:
        """Look for an aim by its name, or for the number that the target format rounds worst."""
        if self._search != (name, target):
            self._n_found = 0
        self._search = (name, target)
        self._say("looking …")
        self._look(name, target, number_of(self.place, self.tensor), self._n_found)

    def again(self) -> bool:
        """Look for the next of what was looked for; whether anything was."""
        if self._search is not None:
            self.seek(*self._search)
        return self._search is not None

    @on(Input.Submitted)
    def jump(self, event: Input.Submitted) -> None:
        """Go to the index that was typed."""
        event.stop()
        try:
            self.go(typed_place(event.value, self.tensor))
        except PrecisionlabError as error:
            self.notify(str(error), severity="warning", markup=False)
        else:
            self.post_message(self.Left())

    @on(Sought)
    def follow(self, event: Sought) -> None:
        """Go to what was found."""
        event.stop()
        found = event.found
        self._say("")
        self.notify(found.words, markup=False, timeout=4)
        if found.place is not None:
            self._n_found += 1
            self.go(found.place)

    @on(Told)
    def tell(self, event: Told) -> None:
        """Say how far the search is."""
        event.stop()
        self._say(event.words)

    @on(Failed)
    def fail(self, event: Failed) -> None:
        """Say what is the matter."""
        event.stop()
        self._say("")
        self.notify(event.words, severity="error", markup=False)

    @work(thread=True, exclusive=True, exit_on_error=False, group="reading")
    def _read(self, place: Place) -> None:
        worker = get_current_worker()
        try:
            element = read_element(self.tensor, place.index, self._reader)
        except (PrecisionlabError, ValueError) as error:
            self._post(worker, self.Failed(str(error)))
        else:
            self._post(worker, self.Arrived(place, element))

    @work(thread=True, exclusive=True, exit_on_error=False, group="seeking")
    def _look(self, name: str, target: ElementFormat, after: int, n_found: int) -> None:
        worker = get_current_worker()
        tensor = Tensor(self.tensor, WatchedReader(self._reader, self._watch(worker)))
        try:
            if name == WORST:
                self._losers[target] = self._losers.get(target) or worst(tensor, target)
                found = nth_worst(self._losers[target], n_found, self.tensor, target)
            else:
                found = nearest(tensor, Aim[name], after)
        except StoppedError:
            return
        except (PrecisionlabError, ValueError) as error:
            self._post(worker, self.Failed(str(error)))
        else:
            self._post(worker, self.Sought(found))

    def _watch(self, worker: Worker[None]) -> Callable[[float], bool]:
        told = time.monotonic()

        def goes_on(share: float) -> bool:
            nonlocal told
            if time.monotonic() - told > TOLD_SECONDS:
                told = time.monotonic()
                self._post(worker, self.Told(f"looking … {share:.0%}"))
            return not worker.is_cancelled

        return goes_on

    def _post(self, worker: Worker[None], message: Message) -> None:
        if not worker.is_cancelled:
            self.post_message(message)

    def _say(self, words: str) -> None:
        self.query_one(".said", Static).update(words)


def heading(tensor: TensorInfo) -> Text:
    """The tensor's name, type and shape."""
    shape = element_text(tensor.shape) if tensor.shape else "scalar"
    return Text.assemble((printable(tensor.name, 100), "bold"), f"  {tensor.dtype} {shape}")
