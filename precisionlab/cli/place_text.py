"""How `precisionlab inspect` names a tensor, or an element of it, above what it shows."""

from collections.abc import Iterator, Mapping

from precisionlab.cli.element_reference import Place, listed
from precisionlab.cli.inspect_text import labelled
from precisionlab.escaping import printable

LONGEST_PATH = 400
"""Characters of a path that are shown."""


def place_text(path: str, place: Place, width: int) -> str:
    """The checkpoint, on one line whatever the width, so that it can be copied; the tensor; the element."""
    return "\n".join(
        (printable(path, LONGEST_PATH), *(labelled(label, text, width) for label, text in described(place)))
    )


def described(place: Place) -> Iterator[tuple[str, str]]:
    """Labels and texts."""
    tensor = place.tensor
    yield "tensor", printable(tensor.name) or "(its name is empty)"
    yield "stored", f"{tensor.dtype}, {f'shape {listed(tensor.shape)}' if tensor.shape else 'without axes'}"
    if tensor.note:
        yield "note", printable(tensor.note)
    if place.index or place.component:
        yield "element", place.element


def json_place(path: str, place: Place) -> Mapping[str, object]:
    """The same for JSON; names as they are."""
    tensor = place.tensor
    index = {} if place.index is None else {"index": list(place.index)}
    return {"checkpoint": path, "tensor": tensor.name, "dtype": tensor.dtype, "shape": list(tensor.shape), **index}
