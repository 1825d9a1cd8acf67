"""How `precisionlab formats` shows block formats."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from precisionlab.cli.number_text import power_text
from precisionlab.formats.blocks.catalogue import ENTRIES
from precisionlab.formats.blocks.parts import ElementRounding, Extent, ScaleStore
from precisionlab.formats.blocks.records import BlockFormat
from precisionlab.formats.finding import formats

HEADINGS = ("name", "bits", "element", "block", "scale", "their scale")
NUMBERS = {1}
"""Columns of numbers."""
OTHER_HEADINGS = ("name", "arithmetic of", "differs in")
"""Of the entries that share a name with one in the catalogue's first table."""


def row(format_: BlockFormat) -> tuple[str, ...]:
    """A format's cells in the catalogue."""
    return (
        format_.name,
        f"{format_.bits_per_weight:.4g}",
        element_name(format_),
        block_text(format_.extent),
        scale_text(format_),
        "-" if format_.scale.outer is None else f"{format_.scale.outer.name}/{format_.scale.span or 'tensor'}",
    )


def other_row(format_: BlockFormat) -> tuple[str, ...]:
    """The cells of an entry whose runtime computes otherwise than that of its base."""
    base = formats.block(format_.base)
    return format_.name, format_.runtime, ", ".join(differing(format_, base))


def differing(format_: BlockFormat, other: BlockFormat) -> list[str]:
    """What makes the numbers of two entries of one name differ, by the labels of their pages."""
    own, theirs = dict(arithmetic(format_)), dict(arithmetic(other))
    return [label for label in {**own, **theirs} if own.get(label) != theirs.get(label)]


def relatives(format_: BlockFormat) -> tuple[BlockFormat, ...]:
    """The catalogued entries of the same name under the arithmetic of others, and the one that it is spelled from."""
    catalogued = {entry.name: entry for entry in ENTRIES if entry.family == format_.family}
    first = {} if format_.family in catalogued else {format_.family: formats.block(format_.family)}
    return tuple(entry for name, entry in (first | catalogued).items() if name != format_.name)


def element_name(format_: BlockFormat) -> str:
    """The element format, and 2 to what its numbers are multiplied by."""
    exponent = format_.element_exponent
    return f"{format_.element.name} * 2^{exponent}" if exponent else format_.element.name


def block_text(extent: Extent) -> str:
    """`32`, `128x128`, `channel`, `tensor`."""
    if extent.rows is None:
        return "tensor"
    if extent.columns is None:
        return "channel"
    return str(extent.columns) if extent.rows == 1 else f"{extent.rows}x{extent.columns}"


def scale_text(format_: BlockFormat) -> str:
    """The format of scales, and what else a block has."""
    extra = " + zero" if format_.zero_point else " + min" if format_.minimum is not None else ""
    return f"{format_.scale.format.name}{extra}"


def second_level(store: ScaleStore) -> str:
    """What scales are scaled by in turn; empty for nothing."""
    if store.outer is None:
        return ""
    return f"{store.outer.name} for {'the tensor' if store.span is None else f'{store.span} blocks'}"


def described(format_: BlockFormat) -> Iterator[tuple[str, str]]:
    """Labels and texts of the page of one format."""
    yield "arithmetic of", format_.runtime or "nobody in particular"
    yield "bits a weight", f"{format_.bits_per_weight:.6g} in large tensors, scales counted"
    yield "element", f"{element_name(format_)}: {format_.element.title}"
    yield "block", block_sentence(format_)
    yield from arithmetic(format_)
    for other in relatives(format_):
        texts = dict(arithmetic(other))
        differences = "; ".join(f"{label}: {texts.get(label, 'none')}" for label in differing(format_, other))
        yield "same name", f"{other.name} ({other.runtime}). {differences}"


def arithmetic(format_: BlockFormat) -> Iterator[tuple[str, str]]:
    """What the numbers of a format depend on beside its elements and how far scales reach."""
    yield "scale", format_.rule.value
    yield "kept", kept_text(format_.scale)
    if format_.minimum is not None:
        yield "minimum", kept_text(format_.minimum)
    if format_.zero_point:
        yield "zero point", f"{format_.element.name}, rounded"
    yield "divided by", format_.division.value
    is_added_first = format_.zero_point and format_.rounding is not ElementRounding.EVEN_BEFORE_ZERO
    yield "rounded", f"{format_.rounding.value}{', after the zero point is added' * is_added_first}"


def kept_text(store: ScaleStore) -> str:
    """In which format, how, and under what second level scales are kept."""
    level = second_level(store)
    least = f", at least {power_text(Fraction(store.least))}" if store.least else ""
    return f"as {store.format.name}, {store.storing.value}{f' ({level})' if level else ''}{least}"


def block_sentence(format_: BlockFormat) -> str:
    """How far a scale reaches, in words."""
    text = {"tensor": "the whole tensor", "channel": "an index of the first axis"}.get(block_text(format_.extent))
    if text is None:
        text = f"{block_text(format_.extent)} elements of a row (first axis by all others)"
    if format_.extent.is_flat:
        text = f"{format_.extent.columns} elements of the flattened tensor"
    return f"{text}; rows filled up to a multiple of {format_.padding}" if format_.padding > 1 else text


def json_block_format(format_: BlockFormat) -> Mapping[str, object]:
    """A block format with all its facts."""
    return {
        "name": format_.name,
        "kind": "block format",
        "title": format_.title,
        "source": format_.source,
        "runtime": format_.runtime,
        "same_name": [other.name for other in relatives(format_)],
        "bits_per_weight": format_.bits_per_weight,
        "element": format_.element.name,
        "element_exponent": format_.element_exponent,
        "element_bits": float(format_.element_bits),
        "block": json_extent(format_.extent),
        "scale_rule": format_.rule.name.lower(),
        "scale": json_store(format_.scale),
        "minimum": None if format_.minimum is None else json_store(format_.minimum),
        "zero_point": format_.element.name if format_.zero_point else None,
        "division": format_.division.name.lower(),
        "rounding": format_.rounding.name.lower(),
        "padding": format_.padding,
    }


def json_extent(extent: Extent) -> Mapping[str, object]:
    """Rows and columns of a block; null for all."""
    return {"rows": extent.rows, "columns": extent.columns, "is_flat": extent.is_flat}


def json_store(store: ScaleStore) -> Mapping[str, object]:
    """How scales are stored."""
    return {
        "format": store.format.name,
        "storing": store.storing.name.lower(),
        "second_level": None if store.outer is None else store.outer.name,
        "blocks_in_second_level": store.span,
        "least": store.least,
    }
