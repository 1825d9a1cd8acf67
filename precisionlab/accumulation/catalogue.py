"""The accumulators that go by a name: those of hardware, and those that are spelled by what they do."""

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from precisionlab.accumulation.records import (
    DIRECTIONS,
    MOST_RANDOM_BITS,
    Accumulator,
    BlockFma,
    Chain,
    Promoted,
    Strassen,
)
from precisionlab.errors import FormatError, UsageError
from precisionlab.escaping import printable
from precisionlab.formats.finding import formats
from precisionlab.formats.modes import Rounding
from precisionlab.formats.records import FloatFormat
from precisionlab.formats.rounding.policy import Draw
from precisionlab.summation.anchors import accumulating_format
from precisionlab.summation.methods import RECURSIVE, Method, Way

TRUNCATED, NEAREST = Rounding.TOWARD_ZERO, Rounding.NEAREST_EVEN


def unit(  # noqa: PLR0913, PLR0917 - a row of the table below
    name: str, operands: str, terms: int, alignment_bits: int, lowest_exponent: int, result: str, rounding: Rounding
) -> BlockFma:
    """A row as a record."""
    kinds = [formats.element(of) for of in (operands, result)]
    factor, sum_ = (kind for kind in kinds if isinstance(kind, FloatFormat))
    return BlockFma(name, factor, terms, alignment_bits, lowest_exponent, sum_, rounding)


HARDWARE: Final = {
    one.name: one
    for one in (
        unit("v100_fp16", "fp16", 4, 23, -131, "fp32", TRUNCATED),
        unit("v100_fp16_to_fp16", "fp16", 4, 23, -19, "fp16", NEAREST),
        unit("t4_fp16", "fp16", 8, 24, -132, "fp32", TRUNCATED),
        unit("a100_fp16", "fp16", 8, 24, -132, "fp32", TRUNCATED),
        unit("a100_fp16_to_fp16", "fp16", 8, 24, -20, "fp16", NEAREST),
        unit("a100_bf16", "bf16", 8, 24, -132, "fp32", TRUNCATED),
        unit("a100_tf32", "tf32", 4, 24, -132, "fp32", TRUNCATED),
        unit("ada_fp16", "fp16", 8, 24, -132, "fp32", TRUNCATED),
        unit("ada_bf16", "bf16", 8, 24, -132, "fp32", TRUNCATED),
        unit("ada_fp8", "fp8_e4m3", 16, 13, -132, "e8m13", TRUNCATED),
        unit("h100_fp16", "fp16", 16, 25, -133, "fp32", TRUNCATED),
        unit("h100_fp16_to_fp16", "fp16", 16, 25, -21, "fp16", NEAREST),
        unit("h100_bf16", "bf16", 16, 25, -133, "fp32", TRUNCATED),
        unit("h100_tf32", "tf32", 8, 25, -133, "fp32", TRUNCATED),
        unit("h100_fp8", "fp8_e4m3", 32, 13, -133, "e8m13", TRUNCATED),
        unit("h100_fp8_e5m2", "fp8_e5m2", 32, 13, -133, "e8m13", TRUNCATED),
        unit("b200_fp16", "fp16", 16, 25, -133, "fp32", TRUNCATED),
        unit("b200_bf16", "bf16", 16, 25, -133, "fp32", TRUNCATED),
        unit("b200_tf32", "tf32", 8, 25, -133, "fp32", TRUNCATED),
        unit("b200_fp8", "fp8_e4m3", 32, 25, -133, "fp32", TRUNCATED),
    )
}
"""Tensor cores as measured: Fasi, Higham, Mikaitis and Pranesh 2021 (V100, T4, A100), Xie et al. 2025 (MMA-Sim: all).

`h100_fp8` is the unit of `wgmma`, whose results DeepSeek-V3 (2024) found to keep 14 bits.
"""

WORD: Final = re.compile(
    r"(fma|sr|truncated|floor|ceiling|away|pairwise|blocked|kahan|promoted|into|strassen)([0-9]{0,9})"
)
NUMBERED: Final = {"sr", "blocked", "promoted", "strassen"}
EXAMPLES: Final = ("fp32", "bf16_fma", "fp32_blocked128", "m7e4_floor", "fp16_sr8", "bf16_kahan", "fp16_promoted64")


@lru_cache(maxsize=256)
def parse_accumulator(name: str) -> Accumulator:
    """The accumulator of a name.

    Raises:
        UsageError: there is none.
        FormatError: its format does not exist, or is none that is computed in.
    """
    words = name.strip().lower().split("_")
    n_base = next((n for n in range(len(words), 0, -1) if is_base("_".join(words[:n]))), 0)
    if not n_base:
        raise unknown(name)
    base = "_".join(words[:n_base])
    made: Accumulator = HARDWARE[base] if base in HARDWARE else Chain(accumulating_format(base))
    rest = words[n_base:]
    while rest:
        made, rest = with_word(made, rest, name)
    return made


def is_base(name: str) -> bool:
    """Whether a name is hardware's or a format's."""
    if name in HARDWARE:
        return True
    try:
        return isinstance(formats.element(name), FloatFormat)
    except FormatError:
        return False


def with_word(made: Accumulator, words: list[str], name: str) -> tuple[Accumulator, list[str]]:
    """The accumulator with what the first word adds, and the words that are left.

    Raises:
        UsageError: it adds nothing that is known, or that could be.
    """
    match = WORD.fullmatch(words[0])
    if match is None:
        raise unknown(name)
    word, number = match[1], int(match[2] or 0)
    if (word in NUMBERED) != bool(number) or (match[2] and not number):
        raise unknown(name)
    rest = words[1:]
    if word == "promoted" and isinstance(made, Chain | BlockFma):
        outer = "fp32"
        if rest[:1] == ["into"] and len(rest) > 1:
            outer, rest = "_".join(rest[1:]), []
        return Promoted(made, number, accumulating_format(outer)), rest
    if isinstance(made, Chain):
        return with_chain_word(made, word, number, name), rest
    raise unknown(name)


def with_chain_word(chain: Chain, word: str, number: int, name: str) -> Accumulator:
    """The chain with what a word adds.

    Raises:
        UsageError: nothing that goes with the rest.
    """
    directions = {known: rounding for rounding, known in DIRECTIONS.items()}
    is_plain = chain.method == RECURSIVE and chain.rounding is NEAREST
    if word == "fma" and is_plain and not chain.is_fused:
        return Chain(chain.format, is_fused=True)
    if word in directions and is_plain:
        return Chain(chain.format, directions[word], is_fused=chain.is_fused)
    if word == "sr" and is_plain and number <= MOST_RANDOM_BITS:
        return Chain(chain.format, Draw.STOCHASTIC, is_fused=chain.is_fused, random_bits=number)
    if word in {"pairwise", "kahan"} and is_plain and not chain.is_fused:
        return Chain(chain.format, method=Method(Way(word)))
    if word == "blocked" and is_plain:
        return Chain(chain.format, method=Method(Way.BLOCKED, number), is_fused=chain.is_fused)
    if word == "strassen" and number <= 8 and chain.rounding is NEAREST:
        return Strassen(chain, number)
    raise unknown(name)


def unknown(name: str) -> UsageError:
    """The error for a name of nothing, with the nearest that there is."""
    match = get_close_matches(name.lower(), (*HARDWARE, *EXAMPLES), 1)
    hint = f"did you mean {match[0]}? Names" if match else "names"
    return UsageError(
        "accumulator",
        f"there is no {printable(name, 60)}",
        f"{hint} are like {', '.join(EXAMPLES)}, or hardware's, like a100_bf16, h100_fp8_promoted128 (docs/rounding.md)",
    )
