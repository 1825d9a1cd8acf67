"""`precisionlab inspect PATH::TENSOR[INDEX]`: one element of a checkpoint, as stored and in other formats."""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from precisionlab.analysis.elements import VALUE, Element, read_element
from precisionlab.checkpoints.opening import open_checkpoint
from precisionlab.checkpoints.reading import FileReader
from precisionlab.cli.element_reference import Place, example, find_place, listed, path_and_rest, refuse_empty
from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.inspect_json import Answer, json_answer
from precisionlab.cli.inspect_text import inspection_text
from precisionlab.cli.inspected_formats import formats_wanted
from precisionlab.cli.number_text import json_number
from precisionlab.cli.output import put
from precisionlab.cli.place_text import json_place, place_text
from precisionlab.cli.rounding_flags import rounding_given
from precisionlab.cli.terminal import columns, styled, wants_colour
from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.formats.inspection import Inspection, inspect_pattern, try_inspect
from precisionlab.formats.modes import Overflow, Rounding
from precisionlab.formats.records import ElementFormat


@dataclass(frozen=True, slots=True)
class Part:
    """One number of an element."""

    name: str
    """`value`, or `real` or `imaginary`."""
    stored: Inspection
    others: tuple[Answer, ...]


def run(arguments: argparse.Namespace) -> ExitCode:
    """Print what the element is in its own format and in others.

    Raises:
        UsageError: there is no such tensor or element.
        FormatError: there is no such format.
        CheckpointError: the checkpoint cannot be read.
    """
    formats = formats_wanted(arguments.formats)
    path, rest = path_and_rest(arguments.value)
    with open_checkpoint(path) as checkpoint, FileReader() as reader:
        place = find_place(checkpoint, rest)
        element = read_element(place.tensor, index_named(place), reader)
    rounding, overflow = rounding_given(arguments)
    found = parts_of(element, formats, rounding, overflow)
    parts = [part for part in found if place.component in {None, part.name}]
    if arguments.format == "json":
        document = {**json_place(path, place), "components": [json_part(part) for part in parts]}
        put(json.dumps(document, indent=2, ensure_ascii=False))
        return ExitCode.OK
    width, is_coloured = columns(), wants_colour(arguments.color)
    blocks = (block for part in parts for block in blocks_of(part, width, is_coloured=is_coloured))
    put("\n".join((place_text(path, place, width) + "\n", *blocks)))
    return ExitCode.OK


def index_named(place: Place) -> tuple[int, ...]:
    """The index of the element that was named.

    Raises:
        UsageError: only a tensor was.
    """
    if place.index is not None:
        return place.index
    tensor = place.tensor
    refuse_empty(tensor)
    element = f"{printable(tensor.name)}{example(tensor)}"
    problem = f"is {tensor.dtype} of shape {listed(tensor.shape)}"
    raise UsageError(tensor.name, problem, f"name an element such as {element}, or give --worst N --to FORMAT")


def parts_of(
    element: Element, formats: Sequence[ElementFormat], rounding: Rounding, overflow: Overflow
) -> Sequence[Part]:
    """Each number of an element in the stored format and in the others."""
    others = [format_ for format_ in formats if format_ != element.format]
    stored = [(name, inspect_pattern(pattern, element.format)) for name, pattern in element.components]
    return [
        Part(name, answer, tuple(try_inspect(answer.datum.value, other, rounding, overflow) for other in others))
        for name, answer in stored
    ]


def blocks_of(part: Part, width: int, *, is_coloured: bool) -> Iterator[str]:
    """The blocks of all formats, under a line for each part of a complex number."""
    if part.name != VALUE:
        yield styled(f"{part.name} part", "1", is_coloured=is_coloured) + "\n"
    for answer in (part.stored, *part.others):
        yield inspection_text(answer, part.stored.datum.value, width, is_coloured=is_coloured)


def json_part(part: Part) -> Mapping[str, object]:
    """One number: what it is, and what the formats make of it, the stored one first."""
    value = part.stored.datum.value
    return {
        "component": part.name,
        "value": json_number(value),
        "formats": [json_answer(answer, value) for answer in (part.stored, *part.others)],
    }
