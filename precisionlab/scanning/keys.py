"""What a key of the configuration file is: its name, what it takes, where it stands, and what it is for."""

from dataclasses import dataclass
from enum import Enum

from precisionlab.analysis.options import OptionValue
from precisionlab.scanning.devices import ACCEPTED_DEVICES, is_device
from precisionlab.scanning.sizes import ACCEPTED_SIZE, bytes_of


class Kind(Enum):
    """What a key takes, and how its flag takes it."""

    TEXT = "text"
    DEVICE = "device"
    SIZE = "size"
    PATH = "path"
    WHOLE = "whole number"
    NUMBER = "number"
    TRUTH = "truth value"
    NAMES = "names"
    """A list, which the flag takes separated by commas."""
    TEXTS = "texts"
    """A list, for each entry of which the flag is given once; so for paths."""
    PATHS = "paths"

    @property
    def is_list(self) -> bool:
        """Whether the value is a list, of texts."""
        return self in {Kind.NAMES, Kind.TEXTS, Kind.PATHS}

    @property
    def is_path(self) -> bool:
        """Whether the value is the path of a file or a folder, or of several."""
        return self in {Kind.PATH, Kind.PATHS}

    @property
    def type_name(self) -> str:
        """The type of its values, in words."""
        if self.is_list:
            return "a list of texts"
        return {Kind.WHOLE: "a whole number", Kind.NUMBER: "a number", Kind.TRUTH: "true or false"}.get(self, "a text")

    def holds(self, value: object) -> bool:
        """Whether a value from a TOML file is of the type."""
        if self.is_list:
            return isinstance(value, list) and all(isinstance(entry, str) for entry in value)
        match self:
            case Kind.WHOLE:
                return type(value) is int
            case Kind.NUMBER:
                return type(value) in {int, float}
            case Kind.TRUTH:
                return type(value) is bool
        return isinstance(value, str)


ACCEPTED = {
    Kind.DEVICE: ACCEPTED_DEVICES,
    Kind.SIZE: ACCEPTED_SIZE,
    Kind.PATH: "a path",
    Kind.PATHS: "a list of paths",
    Kind.NAMES: "a list of names",
}
"""What is taken, in words, where that is more than the type."""


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of one key."""

    name: str
    """As the flag's, without its dashes."""
    kind: Kind
    help_text: str
    """One clause."""
    example: OptionValue
    default: OptionValue | None = None
    """None where there is no such value."""
    unset: str = "none"
    """What holds where there is no value, in words."""
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    """The smallest number; of numbers that are not whole ones, the limit that must be exceeded."""
    maximum: float | None = None
    commands: tuple[str, ...] = ()
    """Those that share it; none where it belongs to one, in whose table it stands."""
    group: str = ""
    """Of keys of a group only one may be given."""
    destination: str = ""
    """What the parsed flag is called, where not as the key."""

    @property
    def flag(self) -> str:
        """The flag that says the same."""
        return f"--{self.name}"

    @property
    def attribute(self) -> str:
        """What the parsed flag is called."""
        return self.destination or self.name.replace("-", "_")

    @property
    def accepts(self) -> str:
        """What the key takes, in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.minimum is not None and self.maximum is not None:
            if self.kind is Kind.WHOLE:
                return f"{self.kind.type_name} from {self.minimum:,} to {self.maximum:,}"
            return f"{self.kind.type_name} above {self.minimum:g} up to {self.maximum:g}"
        return ACCEPTED.get(self.kind, self.kind.type_name)

    def admits(self, value: object) -> bool:
        """Whether a value of the right type is one that the key takes."""
        if self.choices:
            return value in self.choices
        if isinstance(value, list):
            return all(self.admits_text(text) for text in value)
        if isinstance(value, str):
            return self.admits_text(value)
        if not isinstance(value, int | float) or self.minimum is None or self.maximum is None:
            return True
        return (self.minimum < value or (self.kind is Kind.WHOLE and self.minimum == value)) and value <= self.maximum

    def admits_text(self, text: str) -> bool:
        """Whether a text, or an entry of a list, is one that the key takes."""
        match self.kind:
            case Kind.DEVICE:
                return is_device(text)
            case Kind.SIZE:
                return bytes_of(text) is not None
            case Kind.NAMES:  # the flag has commas between them
                return bool(text.strip()) and "," not in text
        return bool(text) or self.kind is not Kind.PATHS
