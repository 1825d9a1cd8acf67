"""How `precisionlab formats` shows block formats."""

from collections.abc import Iterator, Mapping

from precisionlab.formats.blocks.parts import Extent, ScaleStore
from precisionlab.formats.blocks.records import BlockFormat

HEADINGS = ("name", "bits", "element", "block", "scale", "their scale")
NUMBERS = {1}
"""Columns of numbers."""


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
    yield "bits a weight", f"{format_.bits_per_weight:.6g} in large tensors, scales counted"
    yield "element", f"{element_name(format_)}: {format_.element.title}"
    yield "block", block_sentence(format_)
    yield "scale", f"{format_.rule.value}; {kept_text(format_.scale)}"
    if format_.minimum is not None:
        yield "minimum", kept_text(format_.minimum)
    if format_.zero_point:
        yield "zero point", f"{format_.element.name}, rounded; added before elements are rounded"
    yield "divided by", format_.division.value
    yield "rounded", format_.rounding.value


def kept_text(store: ScaleStore) -> str:
    """In which format, how, and under what second level scales are kept."""
    level = second_level(store)
    return f"kept as {store.format.name}, {store.storing.value}{f' ({level})' if level else ''}"


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
    }
