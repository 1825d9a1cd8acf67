"""Options of analyzers: declared once as dataclass fields, known to the flags, the configuration and the app."""

import dataclasses
import difflib
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast, get_origin, get_type_hints

from precisionlab.analysis.results import Scalar
from precisionlab.errors import UsageError
from precisionlab.escaping import printable

T = TypeVar("T")
OptionValue = Scalar | tuple[Scalar, ...]

TRUE, FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def option(
    default: T,
    help_text: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
) -> T:
    """A field of an `Options` dataclass.

    Args:
        default: its value where the user says nothing; its type is the field's annotation.
        help_text: one sentence; becomes the flag's help, the panel's hint and the line in the docs.
        minimum: the smallest allowed number.
        maximum: the largest allowed number.
        choices: the allowed texts (for tuples: of each entry).
    """
    metadata = {"help": help_text, "minimum": minimum, "maximum": maximum, "choices": choices}
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class OptionField:
    """What is known of one option."""

    name: str
    kind: type
    """bool, int, float, str, or tuple for several texts."""
    default: OptionValue
    help_text: str
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]

    @property
    def accepts(self) -> str:
        """What the option takes, in words."""
        if self.choices:
            listed = ", ".join(self.choices)
            return f"some of {listed}, separated by commas" if self.kind is tuple else f"one of {listed}"
        word = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", tuple: "texts"}
        if self.minimum is not None and self.maximum is not None:
            return f"{word[self.kind]} from {self.minimum:g} to {self.maximum:g}"
        if self.minimum is not None:
            return f"{word[self.kind]} of at least {self.minimum:g}"
        if self.maximum is not None:
            return f"{word[self.kind]} of at most {self.maximum:g}"
        return word[self.kind]


def option_fields(options: type) -> tuple[OptionField, ...]:
    """The declared options of an `Options` dataclass, in order."""
    hints = get_type_hints(options)
    return tuple(
        OptionField(
            field.name,
            get_origin(hints[field.name]) or hints[field.name],
            declared_default(field),
            field.metadata["help"],
            field.metadata["minimum"],
            field.metadata["maximum"],
            field.metadata["choices"],
        )
        for field in dataclasses.fields(options)
    )


def declared_default(field: dataclasses.Field[Any]) -> OptionValue:
    """The default that `option` was given."""
    return cast("OptionValue", field.default)


def build_options(analyzer: str, options: type[T], given: Mapping[str, object]) -> T:
    """The options of `analyzer` with the `given` values over the defaults; texts are parsed.

    Raises:
        UsageError: an unknown name (the nearest one is suggested), a wrong type, a value out of bounds.
    """
    known = {field.name: field for field in option_fields(options)}
    values: dict[str, Any] = {}
    for key, value in given.items():
        name = key.replace("-", "_")
        if name not in known:
            raise UsageError(f"{analyzer}.{key}", f"{analyzer} has no such option", nearest(name, known))
        values[name] = checked(f"{analyzer}.{key}", known[name], value)
    return options(**values)


def nearest(name: str, known: Mapping[str, object]) -> str:
    """A remedy that names the nearest known name, or all of them where none is near."""
    match = difflib.get_close_matches(name, known, 1)
    if match:
        return f"did you mean {match[0]}?"
    return f"known: {', '.join(known)}" if known else ""


def checked(subject: str, field: OptionField, value: object) -> OptionValue:
    """The value in the field's type.

    Raises:
        UsageError: it does not parse, or is out of bounds.
    """
    wrong = UsageError(subject, f"takes {field.accepts}, not {printable(str(value), 60)}")
    parsed = parsed_value(field.kind, value)
    if parsed is None:
        raise wrong
    entries = parsed if isinstance(parsed, tuple) else (parsed,)
    if field.choices and any(entry not in field.choices for entry in entries):
        raise wrong
    if isinstance(parsed, int | float) and not isinstance(parsed, bool):
        low = -float("inf") if field.minimum is None else field.minimum
        high = float("inf") if field.maximum is None else field.maximum
        if not low <= parsed <= high:
            raise wrong
    return parsed


def parsed_value(kind: type, value: object) -> OptionValue | None:
    """A text from a flag, or a value from TOML, as `kind`; None where it is none."""
    if kind is tuple:
        entries = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        is_texts = isinstance(entries, list | tuple) and all(isinstance(entry, str) for entry in entries)
        return tuple(entries) if is_texts else None  # type: ignore[arg-type]
    if isinstance(value, str) and kind is not str:
        return parsed_text(kind, value)
    if kind is float and type(value) is int:
        return parsed_text(kind, str(value))
    return value if type(value) is kind else None  # type: ignore[return-value]


def parsed_text(kind: type, text: str) -> OptionValue | None:
    """A bool, int or float from text; None where it is none."""
    if kind is bool:
        lowered = text.strip().lower()
        return True if lowered in TRUE else False if lowered in FALSE else None
    try:
        return kind(text)  # type: ignore[no-any-return]
    except ValueError:
        return None


def option_values(options: object) -> Mapping[str, OptionValue]:
    """The values of an `Options` instance by name, in order."""
    values = {field.name: getattr(options, field.name) for field in dataclasses.fields(options)}  # type: ignore[arg-type]
    return types.MappingProxyType(values)
