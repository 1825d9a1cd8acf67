"""Names of accumulators: what they stand for, that they are read as they are written, and that no other is one."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from precisionlab.accumulation import HARDWARE, BlockFma, Chain, Promoted, Strassen, parse_accumulator
from precisionlab.accumulation.records import Accumulator
from precisionlab.errors import FormatError, UsageError
from precisionlab.formats import formats
from precisionlab.formats.modes import Rounding
from precisionlab.formats.records import FloatFormat
from precisionlab.formats.rounding.policy import Draw
from precisionlab.summation import Method, Way
from tests.accumulation.oracles import ORACLES, UNIT_OF
from tests.accumulation.published import RECORDS


def float_format(name: str) -> FloatFormat:
    """A format of floats."""
    found = formats.element(name)
    assert isinstance(found, FloatFormat)
    return found


SINGLE, HALF, BRAIN, M7E4 = (float_format(name) for name in ("float32", "float16", "bfloat16", "m7e4"))

MEANINGS: dict[str, Accumulator] = {
    "fp32": Chain(SINGLE),
    "fp64": Chain(float_format("float64")),
    "bf16_fma": Chain(BRAIN, is_fused=True),
    "fp32_blocked128": Chain(SINGLE, method=Method(Way.BLOCKED, 128)),
    "fp16_fma_blocked4": Chain(HALF, method=Method(Way.BLOCKED, 4), is_fused=True),
    "fp32_pairwise": Chain(SINGLE, method=Method(Way.PAIRWISE)),
    "fp16_kahan": Chain(HALF, method=Method(Way.KAHAN)),
    "m7e4_floor": Chain(M7E4, Rounding.DOWN),
    "m7e4_fma_floor": Chain(M7E4, Rounding.DOWN, is_fused=True),
    "fp16_truncated": Chain(HALF, Rounding.TOWARD_ZERO),
    "bf16_ceiling": Chain(BRAIN, Rounding.UP),
    "fp32_away": Chain(SINGLE, Rounding.NEAREST_AWAY),
    "fp16_sr8": Chain(HALF, Draw.STOCHASTIC, random_bits=8),
    "bf16_fma_sr28": Chain(BRAIN, Draw.STOCHASTIC, is_fused=True, random_bits=28),
    "fp16_promoted64": Promoted(Chain(HALF), 64, SINGLE),
    "fp16_kahan_promoted64_into_fp64": Promoted(Chain(HALF, method=Method(Way.KAHAN)), 64, float_format("float64")),
    "h100_fp8_promoted128": Promoted(HARDWARE["h100_fp8"], 128, SINGLE),
    "a100_fp16_promoted32_into_fp8_e5m2": Promoted(HARDWARE["a100_fp16"], 32, float_format("float8_e5m2")),
    "fp32_strassen2": Strassen(Chain(SINGLE), 2),
    "fp32_pairwise_strassen1": Strassen(Chain(SINGLE, method=Method(Way.PAIRWISE)), 1),
}
SPELLINGS = {
    "FP32": "fp32",
    " bf16_fma\n": "bf16_fma",
    "float32": "fp32",
    "single_pairwise": "fp32_pairwise",
    "half_kahan": "fp16_kahan",
    "bfloat16_FMA": "bf16_fma",
    "fp32_blocked007": "fp32_blocked7",
    "fp16_promoted64_into_fp32": "fp16_promoted64",
    "float8_e5m2_promoted8_into_float16": "fp8_e5m2_promoted8_into_fp16",
    "H100_FP8": "h100_fp8",
}
"""Other ways of writing names, and how they are written in results."""
MALFORMED = (
    "",
    " ",
    "_",
    "fp32_",
    "_fp32",
    "fp32__fma",
    "fma",
    "promoted128",
    "h100",
    "h100_fp4",
    "h100_fp8_fma",
    "h100_fp8_kahan",
    "h100_fp8_strassen1",
    "h100_fp8_sr8",
    "fp32_fast",
    "fp32_fma_fma",
    "fp32_fma2",
    "fp32_kahan_fma",
    "fp32_pairwise_fma",
    "fp32_fma_pairwise",
    "fp32_pairwise_kahan",
    "fp32_floor_ceiling",
    "fp32_floor_pairwise",
    "fp32_floor_fma",
    "fp32_floor2",
    "fp32_sr",
    "fp32_sr0",
    "fp32_sr29",
    "fp32_sr8_floor",
    "fp32_sr8_strassen1",
    "fp32_floor_strassen1",
    "fp32_blocked",
    "fp32_blocked0",
    "fp32_blocked-1",
    "fp32_blocked1.5",
    "fp32_blocked\u0663",
    "fp32_blocked" + "9" * 5000,
    "fp32_promoted",
    "fp32_promoted0",
    "fp32_promoted8_promoted8",
    "fp32_promoted8_into",
    "fp32_promoted8_into_",
    "fp32_promoted8_into_int8",
    "fp32_promoted8_into_fp16_kahan",
    "fp32_promoted8_kahan",
    "fp32_into_fp16",
    "fp32_strassen",
    "fp32_strassen0",
    "fp32_strassen9",
    "fp32_strassen2_fma",
    "fp32_strassen2_promoted8",
    "fp64_floor",
    "fp64_sr8",
    "int8",
    "int8_kahan",
    "nf4",
    "mxfp4",
    "fp32\x00",
    "fp32 fma",
    "fp32_fma\n_sr8",
    "\u200b",
    "e99m99",
    "f\u00b2",
)


@pytest.mark.parametrize("name", MEANINGS)
def test_what_names_mean(name: str) -> None:
    """The records, field by field; they are called so."""
    assert parse_accumulator(name) == MEANINGS[name]
    assert MEANINGS[name].name == name


@pytest.mark.parametrize("name", [*ORACLES, *HARDWARE, *MEANINGS])
def test_names_are_read_as_written(name: str) -> None:
    """Every record is called what it was made of."""
    assert parse_accumulator(name).name == name


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_other_spellings(spelling: str) -> None:
    """Case, white space, other names of formats and what goes without saying do not matter."""
    made = parse_accumulator(spelling)
    assert made == parse_accumulator(SPELLINGS[spelling])
    assert made.name == SPELLINGS[spelling]


def outcome(name: str) -> Accumulator | str:
    """What a name gives: an accumulator, or the message of its error; nothing else is raised."""
    try:
        return parse_accumulator(name)
    except (UsageError, FormatError) as error:
        return str(error)


def test_every_format_is_read_as_written() -> None:
    """All in which products are accumulated keep their name; the others say why they are none."""
    accumulated = 0
    for name in formats:
        made = outcome(name)
        if isinstance(made, str):
            assert made.isprintable()
            continue
        accumulated += 1
        assert isinstance(made, Chain)
        assert made.format is formats[name]
        assert parse_accumulator(made.name) == made
        assert parse_accumulator(f"{made.name}_fma_blocked3").name == f"{made.name}_fma_blocked3"
        promoted = parse_accumulator(f"fp16_promoted3_into_{made.name}")
        assert promoted == Promoted(Chain(HALF), 3, made.format)
        assert parse_accumulator(promoted.name) == promoted
    assert accumulated > 5


def test_hardware_is_as_published() -> None:
    """Blocks, bits, exponents, formats and rounding of every unit: those of the published numbers."""
    assert set(HARDWARE) == set(UNIT_OF)
    for name, unit in UNIT_OF.items():
        own, published = HARDWARE[name], RECORDS[unit]
        assert own.name == name
        fields = ("operands", "terms", "alignment_bits", "lowest_exponent", "format", "rounding")
        assert [getattr(own, field) for field in fields] == [getattr(published, field) for field in fields]


def refused(name: str) -> str:
    """The error's message."""
    with pytest.raises((UsageError, FormatError)) as caught:
        parse_accumulator(name)
    return str(caught.value)


@pytest.mark.parametrize("name", MALFORMED)
def test_other_names_are_refused_in_one_line(name: str) -> None:
    """Which is short, and no control character of the name is in it."""
    message = refused(name)
    assert message.isprintable()
    assert len(message) < 900


@pytest.mark.parametrize("name", ["fp31", "h200_fp8", "fp32_fastest"])
def test_a_refusal_says_what_there_is(name: str) -> None:
    """What was asked for, how names are made, and the hardware."""
    message = refused(name)
    assert name in message
    assert "fp32_blocked128" in message
    assert "h100_fp8" in message


WORDS = (
    *("fma", "sr", "truncated", "floor", "ceiling", "away", "pairwise", "blocked", "kahan", "promoted", "into"),
    *("strassen", "fp32", "fp16", "bf16", "fp8", "e4m3", "e5m2", "e5m7", "m7e4", "h100", "v100", "to", "nf4", "int8"),
)
words = st.builds("{}{}".format, st.sampled_from(WORDS), st.sampled_from(("", "", "0", "1", "8", "28", "33", "9" * 30)))
names = (
    st.lists(words, min_size=1, max_size=6).map("_".join)
    | st.text(max_size=12)
    | st.lists(words | st.text(max_size=3), max_size=4).map("_".join)
)


@settings(max_examples=500)
@given(names)
@example("fp32_blocked" + "1" * 4400)
def test_a_name_is_an_accumulators_or_an_error(name: str) -> None:
    """Any text at all: a record that is called by a name of itself, or one line."""
    made = outcome(name)
    if isinstance(made, str):
        assert made.isprintable()
    else:
        assert isinstance(made, Chain | BlockFma | Promoted | Strassen)
        assert parse_accumulator(made.name) == made
