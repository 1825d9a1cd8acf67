"""`precisionlab inspect PATH::TENSOR --worst N --to FORMAT`: the elements that lose most in a cast."""

import argparse
import json
import re
from collections.abc import Mapping

from precisionlab.analysis.cast_losses import By, CastRequest, Fate
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.tensors import Tensor
from precisionlab.analysis.worst import Loser, Ranking, has_nan, rank
from precisionlab.checkpoints.model import Checkpoint
from precisionlab.checkpoints.opening import open_checkpoint
from precisionlab.checkpoints.reading import FileReader
from precisionlab.cli.element_reference import Place, find_place, path_and_rest, refuse_empty
from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.inspect_json import json_datum
from precisionlab.cli.number_text import json_number
from precisionlab.cli.output import put
from precisionlab.cli.place_text import json_place, place_text
from precisionlab.cli.rounding_flags import rounding_given
from precisionlab.cli.terminal import columns, wants_colour
from precisionlab.cli.worst_text import ranking_text
from precisionlab.errors import FormatError, UsageError
from precisionlab.escaping import printable
from precisionlab.formats import BlockFormat, ElementFormat, formats

NUMBER = re.compile(r"[0-9]{1,9}")
MOST = 10_000
"""Elements that are shown at most."""
IN_A_PIPE = 1_000
"""Columns of the table where nobody's terminal wraps it."""


def run(arguments: argparse.Namespace) -> ExitCode:
    """Print the elements that lose most.

    Raises:
        UsageError: there is no such tensor, or a flag is wrong.
        FormatError: there is no such format, or arrays are not cast to it.
        CheckpointError: the checkpoint cannot be read.
    """
    count, cast = count_of(arguments.worst), cast_of(arguments)
    path, rest = path_and_rest(arguments.value)
    with open_checkpoint(path) as checkpoint, FileReader() as reader:
        place = tensor_named(checkpoint, rest)
        ranking = rank(Tensor(place.tensor, reader), cast, count)
    if arguments.format == "json":
        document = {**json_place(path, place), **json_ranking(ranking, LAYOUTS[place.tensor.dtype].format)}
        put(json.dumps(document, indent=2, ensure_ascii=False))
        return ExitCode.OK
    heading = place_text(path, place, columns())
    is_coloured = wants_colour(arguments.color)
    table = ranking_text(ranking, place.tensor, columns(), columns(IN_A_PIPE), is_coloured=is_coloured)
    put(f"{heading}\n{table}")
    return ExitCode.OK


def count_of(text: str) -> int:
    """How many to show.

    Raises:
        UsageError: no such number.
    """
    if not NUMBER.fullmatch(text) or not 1 <= int(text) <= MOST:
        raise UsageError("--worst", f"takes a whole number from 1 to {MOST:,}, not {printable(text, 40) or 'nothing'}")
    return int(text)


def cast_of(arguments: argparse.Namespace) -> CastRequest:
    """The cast that was asked for.

    Raises:
        FormatError: there is no such format.
    """
    rounding, overflow = rounding_given(arguments)
    return CastRequest(target_named(arguments.to), rounding, overflow, By(arguments.by or "absolute"))


def target_named(name: str) -> ElementFormat:
    """The format of single numbers of that name.

    Raises:
        FormatError: there is none, or it is one of blocks.
    """
    target = formats.find(name)
    if isinstance(target, BlockFormat):
        remedy = f"--worst casts to formats of single numbers only, such as its elements' {target.element.name}"
        raise FormatError(name, "is a format of blocks", remedy)
    return target


def tensor_named(checkpoint: Checkpoint, rest: str) -> Place:
    """The tensor that was named.

    Raises:
        UsageError: there is none, it is empty, or an element was named.
    """
    place = find_place(checkpoint, rest)
    refuse_empty(place.tensor)
    if place.index or place.component:
        raise UsageError("--worst", f"looks at a whole tensor; leave out {place.element}")
    return Place(place.tensor, None)


def json_ranking(ranking: Ranking, stored: ElementFormat) -> Mapping[str, object]:
    """All of it; infinite errors are a word."""
    cast = ranking.cast
    return {
        "format": cast.format.name,
        "rounding": cast.rounding.value,
        "overflow": cast.overflow.value,
        "by": cast.by.value,
        "numbers": ranking.n_numbers,
        "has_nan": has_nan(cast.format),
        "counts": {fate.name.lower(): ranking.counts[fate] for fate in Fate},
        "worst": [json_loser(loser, stored, cast.format) for loser in ranking.losers],
    }


def json_loser(loser: Loser, stored: ElementFormat, target: ElementFormat) -> Mapping[str, object]:
    """One of the worst, exactly."""
    return {
        "index": list(loser.index),
        "component": loser.component,
        "stored": json_datum(loser.stored, stored),
        "result": json_datum(loser.result, target),
        "class": loser.result_class.value,
        "error": json_number(loser.error),
        "relative_error": json_number(loser.relative_error),
        "error_in_ulps": json_number(loser.error_in_ulps),
    }
