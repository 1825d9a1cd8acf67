"""What parts of the app tell the whole of it."""

from textual.message import Message

from precisionlab.tui.settings import Change


class Remember(Message):
    """Something is to be known the next time too."""

    def __init__(self, change: Change) -> None:
        super().__init__()
        self.change = change
