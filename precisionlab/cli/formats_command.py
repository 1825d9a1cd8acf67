"""`precisionlab formats`: the catalogue, or one format in full."""

import argparse
import dataclasses
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from precisionlab.analysis.notation import hex_pattern
from precisionlab.cli import block_formats
from precisionlab.cli.aligned import aligned
from precisionlab.cli.exit_codes import ExitCode
from precisionlab.cli.format_cells import HEADINGS, NUMBERS, row
from precisionlab.cli.number_text import in_both_ways, json_number, power_text
from precisionlab.cli.output import put
from precisionlab.cli.terminal import columns, styled, wants_colour
from precisionlab.formats.blocks.records import BlockFormat
from precisionlab.formats.exact import encode_exact
from precisionlab.formats.expansions import short_decimal
from precisionlab.formats.facts import Facts, facts_of, landmarks
from precisionlab.formats.finding import AnyFormat, formats
from precisionlab.formats.inspection import bit_fields
from precisionlab.formats.ladders import ladder_of
from precisionlab.formats.naming import OTHER_NAMES
from precisionlab.formats.records import (
    CodebookFormat,
    ElementFormat,
    FloatFormat,
    IntegerFormat,
    PositFormat,
)
from precisionlab.formats.specials import Special

KINDS: Mapping[type[ElementFormat], str] = {
    FloatFormat: "floats",
    PositFormat: "posits",
    IntegerFormat: "integers",
    CodebookFormat: "codebooks",
}
LONGEST_BITS = 22
"""Longest pattern that the landmarks show bit by bit."""
WIDEST_WITH_DECIMALS = 64
"""Bits of the widest format whose landmarks are written in decimal too."""

OTHERS = "the same formats as another runtime computes them"
FOOTER = (
    "smallest is the smallest positive number; digits are the guaranteed and the round-trip decimal digits. "
    "'precisionlab formats NAME' tells all about one. Formats that are not listed are spelled: e5m7, e4m3b10fnuz "
    "(exponent and mantissa bits, bias, finite), int5, uint12, sign_magnitude4, posit24, posit16es1, binary6p3; "
    "blocks (bits count their scales): int4_g32, int8_channel_asym, fp8_e5m2_128x128, nf4_g64_dq, mxfp4_rceil; "
    "what another runtime makes of them: int3_g64_asym_torchao, fp8_e5m2_g128_deepseek."
)


def run(arguments: argparse.Namespace) -> ExitCode:
    """Print the catalogue or one format.

    Raises:
        FormatError: there is no such format.
    """
    wanted = [formats.find(name) for name in arguments.names] or list(formats.values())
    if arguments.format == "json":
        put(json.dumps([json_any(format_) for format_ in wanted], indent=2, ensure_ascii=False))
        return ExitCode.OK
    is_coloured = wants_colour(arguments.color)
    if arguments.names:
        put("\n".join(page(format_, is_coloured=is_coloured) for format_ in wanted))
    else:
        put(table(wanted, is_coloured=is_coloured))
    return ExitCode.OK


def table(wanted: Sequence[AnyFormat], *, is_coloured: bool) -> str:
    """The catalogue, one line a format, by kind."""
    elements = [format_ for format_ in wanted if not isinstance(format_, BlockFormat)]
    blocks = [format_ for format_ in wanted if isinstance(format_, BlockFormat)]
    firsts = [block_formats.row(format_) for format_ in blocks if not format_.base]
    others = [block_formats.other_row(format_) for format_ in blocks if format_.base]
    heading, *element_lines = aligned([HEADINGS, *map(row, elements)], NUMBERS)
    lines = [styled(heading, "1", is_coloured=is_coloured)]
    for kind, title in KINDS.items():
        lines += ["", styled(title, "1", is_coloured=is_coloured)]
        lines += [line for format_, line in zip(elements, element_lines, strict=True) if isinstance(format_, kind)]
    for title, rows, numbers in (
        ("block formats", [block_formats.HEADINGS, *firsts], block_formats.NUMBERS),
        (OTHERS, [block_formats.OTHER_HEADINGS, *others], set()),
    ):
        heading, *block_lines = aligned(rows, numbers)
        lines += ["", *(styled(line, "1", is_coloured=is_coloured) for line in (title, heading)), *block_lines]
    return "\n".join((*lines, "", *textwrap.wrap(FOOTER, columns()), ""))


def page(format_: AnyFormat, *, is_coloured: bool) -> str:
    """One format in full."""
    title = textwrap.fill(f"{format_.name}  {format_.title}", columns(), subsequent_indent="  ")
    title = styled(format_.name, "1", is_coloured=is_coloured) + title.removeprefix(format_.name)
    if isinstance(format_, BlockFormat):
        lines, marks = [*block_formats.described(format_)], []
    else:
        facts = facts_of(format_)
        lines = [*described(format_), *specials(format_), *measured(facts)]
        marks = [landmark_lines(format_, facts, is_coloured=is_coloured)]
    width = max(len(label) for label, _ in lines)
    body = (wrapped(label, text, width) for label, text in lines)
    return "\n".join((title, *body, *marks, wrapped("source", format_.source, width))) + "\n"


def wrapped(label: str, text: str, width: int) -> str:
    """A labelled text, continued under itself."""
    indent = " " * (width + 4)
    return textwrap.fill(text, columns(), initial_indent=f"  {label:<{width}}  ", subsequent_indent=indent)


def described(format_: ElementFormat) -> Iterator[tuple[str, str]]:
    """The record in words."""
    yield "also called", ", ".join(OTHER_NAMES.get(format_.name, ())) or "-"
    yield "bits", str(format_.bits)
    match format_:
        case FloatFormat():
            fields = ", ".join(f"{len(field.bits)} {field.name}" for field in bit_fields(0, format_))
            yield "fields", fields
            yield (
                "precision",
                f"{format_.precision}, {'all stored' if format_.integer_bit else 'one bit of them hidden'}",
            )
            yield "bias", str(format_.bias)
            yield "exponents", f"{format_.min_exponent} to {format_.max_exponent}"
            yield "subnormals", "yes" if format_.subnormals else "no"
            yield "NaN", format_.nans.value
        case PositFormat():
            yield "exponent bits", str(format_.exponent_bits)
        case IntegerFormat():
            yield "encoding", format_.encoding.value if format_.signed else "unsigned"
        case CodebookFormat():
            yield "values", ", ".join(short_decimal(ladder_of(format_).value(i), 6) for i in rungs(format_))


def rungs(format_: ElementFormat) -> range:
    """The rungs of a format's ladder."""
    ladder = ladder_of(format_)
    return range(ladder.lowest, ladder.highest + 1)


def specials(format_: ElementFormat) -> Iterator[tuple[str, str]]:
    """The patterns of zero and of what is no number."""
    names = {
        Special.NEGATIVE_ZERO: "negative zero",
        Special.INFINITY: "infinity",
        Special.NEGATIVE_INFINITY: "-infinity",
        Special.NAN: "NaR" if isinstance(format_, PositFormat) else "a NaN",
    }
    found = special_patterns(format_)
    if found:
        yield "special", ", ".join(f"{names[special]} {hex_pattern(p, format_.bits)}" for special, p in found.items())


def special_patterns(format_: ElementFormat) -> Mapping[Special, int]:
    """The preferred pattern of each special that the format has."""
    ladder = ladder_of(format_)
    candidates = {special: ladder.pattern_of_special(special) for special in Special}
    return {
        special: pattern
        for special, pattern in candidates.items()
        if pattern is not None and ladder.special(pattern) is special
    }


def measured(facts: Facts) -> Iterator[tuple[str, str]]:
    """What is no number of the format itself."""
    if facts.epsilon is not None:
        yield "epsilon", in_both_ways(facts.epsilon)
    if facts.unit_roundoff is not None:
        yield "unit roundoff", in_both_ways(facts.unit_roundoff)
    yield "dynamic range", f"{facts.dynamic_range_decades:.2f} decades, {facts.dynamic_range_bits:.2f} bits"
    if facts.integers_exact_to is not None:
        yield "integers exact to", str(facts.integers_exact_to)
    if facts.guaranteed_digits is not None:
        yield "decimal digits", f"{facts.guaranteed_digits} guaranteed, {facts.round_trip_digits} to round-trip"


def landmark_lines(format_: ElementFormat, facts: Facts, *, is_coloured: bool) -> str:
    """The landmarks with their patterns, from the smallest to the largest."""
    rows = [landmark_cells(name, value, format_) for name, value in landmarks(facts)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        f"  {name:<{widths[0]}}  {bits:<{widths[1]}}  {decimal:>{widths[2]}}{'  ' * bool(widths[2])}{power}"
        for name, bits, decimal, power in rows
    )
    return "\n".join(("", styled("  landmarks", "1", is_coloured=is_coloured), *map(str.rstrip, lines), ""))


def landmark_cells(name: str, value: Fraction, format_: ElementFormat) -> tuple[str, str, str, str]:
    """Name, pattern, decimal and powers of two; no decimal beside the long patterns of very wide formats."""
    is_near_one = Fraction(1, 2) < value < 2
    digits = max(9, facts_of(format_).round_trip_digits or 0) if is_near_one else 9
    decimal = short_decimal(value, digits) if format_.bits <= WIDEST_WITH_DECIMALS else ""
    return name, bits_text(encode_exact(value, format_), format_), decimal, power_text(value)


def bits_text(pattern: int, format_: ElementFormat) -> str:
    """The pattern by field, or in hexadecimal where that is long."""
    fields = " ".join(field.bits for field in bit_fields(pattern, format_) if field.bits)
    return fields if len(fields) <= LONGEST_BITS else hex_pattern(pattern, format_.bits)


def json_any(format_: AnyFormat) -> Mapping[str, object]:
    """Any format with all its facts."""
    return block_formats.json_block_format(format_) if isinstance(format_, BlockFormat) else json_format(format_)


def json_format(format_: ElementFormat) -> Mapping[str, object]:
    """A format with all its facts."""
    facts = facts_of(format_)
    return {
        "name": format_.name,
        "other_names": list(OTHER_NAMES.get(format_.name, ())),
        "kind": KINDS[type(format_)].removesuffix("s"),
        "title": format_.title,
        "source": format_.source,
        "bits": format_.bits,
        "fields": {field.name: len(field.bits) for field in bit_fields(0, format_)},
        **json_record(format_),
        "special_patterns": {
            special.value: hex_pattern(pattern, format_.bits) for special, pattern in special_patterns(format_).items()
        },
        **{
            name: json_number(value) if isinstance(value, Fraction) else value
            for name, value in ((field.name, getattr(facts, field.name)) for field in dataclasses.fields(facts))
        },
        "landmark_patterns": {
            name.replace(" ", "_"): hex_pattern(encode_exact(value, format_), format_.bits)
            for name, value in landmarks(facts)
        },
    }


def json_record(format_: ElementFormat) -> Mapping[str, object]:
    """What a kind of format has of its own."""
    match format_:
        case FloatFormat():
            return {
                "precision": format_.precision,
                "bias": format_.bias,
                "min_exponent": format_.min_exponent,
                "max_exponent": format_.max_exponent,
                "has_subnormals": format_.subnormals,
                "nans": format_.nans.name.lower(),
            }
        case PositFormat():
            return {"exponent_bits": format_.exponent_bits}
        case IntegerFormat():
            return {"encoding": format_.encoding.name.lower() if format_.signed else "unsigned"}
        case CodebookFormat():
            return {"values": list(format_.values)}
