"""The reference by the names of accumulators, and the random numbers of stochastic rounding by their places."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import product

from tests.accumulation.reference import (
    BFLOAT16,
    E5M2,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    HALF,
    Arithmetic,
    Format,
    Mode,
    Rounding,
    accumulate_fused,
    add,
    add_up,
    block_fma,
    blocked,
    blocks,
    chain,
    converted,
    ieee,
    kahan,
    multiply,
    pairwise,
    power,
    promoted,
    signed,
    stochastic,
)
from tests.accumulation.vectors import UNITS

Floats = Sequence[float]
Bits = Callable[[int], int]
"""The number of an operation of a sum -> its 64 random bits."""
Oracle = Callable[[Floats, Floats, Bits], float]
"""(w, x, random bits) -> their dot product."""

FORMATS = {
    "fp32": FLOAT32,
    "fp16": FLOAT16,
    "bf16": BFLOAT16,
    "e5m7": ieee(8, 15),
    "e4m7": ieee(8, 7),
    "fp8_e5m2": E5M2,
}
"""Those that chains round to; float64 does so natively, and m7e4 is none of IEEE 754."""
DIRECTIONS: dict[str, Mode] = {"truncated": "toward-zero", "floor": "down", "ceiling": "up", "away": "nearest-away"}

# Chains


def of(sum_: Callable[[Floats, Floats], float]) -> Oracle:
    """An oracle that draws nothing."""
    return lambda w, x, _: sum_(w, x)


def of_chain(arithmetic: Arithmetic) -> Oracle:
    """A recursive sum."""
    return of(lambda w, x: chain(w, x, arithmetic))


def of_blocks(arithmetic: Arithmetic, size: int) -> Oracle:
    """A blocked sum."""
    return of(lambda w, x: blocked(w, x, arithmetic, size))


def of_promoted(inner: Arithmetic, outer: Format, every: int) -> Oracle:
    """A chain that is emptied now and then."""
    return of(lambda w, x: promoted(w, x, inner, outer, every))


def of_parts(inner: Oracle, outer: Format, every: int) -> Oracle:
    """Any sum that is emptied now and then; its random numbers go on through all parts."""

    def sum_(w: Floats, x: Floats, bits: Bits) -> float:
        starts = range(0, len(w), every)
        parts = [
            inner(*block, lambda number, start=start: bits(2 * start + number))  # type: ignore[misc]
            for start, block in zip(starts, blocks(w, x, every), strict=True)
        ]
        return add_up([converted(part, outer) for part in parts[:1]] + parts[1:], Arithmetic(outer))

    return sum_


def of_draws(arithmetic: Arithmetic, random_bits: int) -> Oracle:
    """A stochastic chain: operation 2i rounds product i, operation 2i + 1 the sum, and the first sum is the product."""

    def sum_(w: Floats, x: Floats, bits: Bits) -> float:
        later = range(3, 2 * len(w), 2) if arithmetic.fused else range(2, 2 * len(w))
        draws = [bits(number) >> 64 - random_bits for number in (0, *later)]
        return stochastic(w, x, arithmetic, random_bits, draws)

    return sum_


def ordered(name: str, target: Format) -> Iterator[tuple[str, Oracle]]:
    """All orders to nearest even."""
    plain, fused = Arithmetic(target), Arithmetic(target, fused=True)
    yield name, of_chain(plain)
    yield f"{name}_fma", of_chain(fused)
    yield f"{name}_pairwise", of(lambda w, x: pairwise(w, x, plain))
    yield f"{name}_kahan", of(lambda w, x: kahan(w, x, plain))
    yield f"{name}_blocked1", of_blocks(plain, 1)
    yield f"{name}_blocked7", of_blocks(plain, 7)
    yield f"{name}_fma_blocked7", of_blocks(fused, 7)
    yield f"{name}_promoted8", of_promoted(plain, FLOAT32, 8)
    yield f"{name}_fma_promoted5_into_fp16", of_promoted(fused, FLOAT16, 5)
    yield f"{name}_pairwise_promoted6", of_parts(of(lambda w, x: pairwise(w, x, plain)), FLOAT32, 6)
    yield f"{name}_kahan_promoted6_into_bf16", of_parts(of(lambda w, x: kahan(w, x, plain)), BFLOAT16, 6)


def directed(name: str, target: Format) -> Iterator[tuple[str, Oracle]]:
    """All directions."""
    for (word, mode), fused in product(DIRECTIONS.items(), (False, True)):
        yield f"{name}{'_fma' * fused}_{word}", of_chain(Arithmetic(target, mode, fused=fused))
    yield f"{name}_truncated_promoted9", of_promoted(Arithmetic(target, "toward-zero"), FLOAT32, 9)
    yield (
        f"{name}_fma_away_promoted4_into_fp64",
        of_promoted(Arithmetic(target, "nearest-away", fused=True), FLOAT64, 4),
    )


def drawn(name: str, target: Format) -> Iterator[tuple[str, Oracle]]:
    """Random numbers of few bits and of many."""
    for n_bits, fused in product((1, 8, 23), (False, True)):
        yield f"{name}{'_fma' * fused}_sr{n_bits}", of_draws(Arithmetic(target, fused=fused), n_bits)
    yield f"{name}_sr8_promoted7", of_parts(of_draws(Arithmetic(target), 8), FLOAT32, 7)
    yield f"{name}_fma_sr8_promoted6_into_fp16", of_parts(of_draws(Arithmetic(target, fused=True), 8), FLOAT16, 6)


CHAINS = {
    **{name: oracle for one in FORMATS.items() for name, oracle in (*ordered(*one), *directed(*one))},
    **dict(ordered("fp64", FLOAT64)),
}
DRAWN = {name: oracle for one in FORMATS.items() for name, oracle in drawn(*one)}

# m7e4: no subnormals, no infinities, no NaN

M7E4 = [Fraction(0), *(power(exponent) * (128 + step) / 128 for exponent in range(-7, 9) for step in range(128))]
M7E4.remove(power(-7))  # all bits zero are 0
"""Its numbers that are not negative, in the order of their codes, which end in the last bit of the significand."""


def in_m7e4(mode: Mode) -> Rounding:
    """A rounding to it: the largest number is that of all larger ones."""

    def rounding(exact: Fraction) -> float:
        size = min(abs(exact), M7E4[-1])
        above = bisect_left(M7E4, size)
        code = max(above - 1, 0)
        rest = (size - M7E4[code]) / (M7E4[above] - M7E4[code]) if above else Fraction(0)
        up = {
            "nearest-even": rest > HALF or (rest == HALF and code % 2 == 1),
            "nearest-away": rest >= HALF,
            "toward-zero": rest == 1,
            "down": exact < 0 or rest == 1,
            "up": exact > 0 or rest == 1,
        }[mode]
        return signed(float(M7E4[code + (up and above > 0)]), exact)

    return rounding


def in_m7e4_chain(mode: Mode, *, fused: bool) -> Oracle:
    """A recursive sum in it."""
    rounding = in_m7e4(mode)

    def sum_(w: Floats, x: Floats, _: Bits) -> float:
        if fused:
            return accumulate_fused(w, x, lambda: rounding, mode)
        products = [multiply(a, b, rounding) for a, b in zip(w, x, strict=True)]
        total = products[0] if products else 0.0
        for term in products[1:]:
            total = add(total, term, rounding, mode)
        return total

    return sum_


def in_m7e4_blocks(size: int) -> Oracle:
    """A blocked sum in it, to nearest."""
    inner, rounding = in_m7e4_chain("nearest-even", fused=False), in_m7e4("nearest-even")

    def sum_(w: Floats, x: Floats, bits: Bits) -> float:
        total, *parts = [inner(*block, bits) for block in blocks(w, x, size)] or [0.0]
        for part in parts:
            total = add(total, part, rounding, "nearest-even")
        return total

    return sum_


IN_M7E4 = {
    **{
        f"m7e4{'_fma' * fused}{word}": in_m7e4_chain(mode, fused=fused)
        for word, mode in {"": "nearest-even", **{f"_{word}": mode for word, mode in DIRECTIONS.items()}}.items()
        for fused in (False, True)
    },
    "m7e4_blocked5": in_m7e4_blocks(5),
    "m7e4_floor_promoted6": of_parts(in_m7e4_chain("down", fused=False), FLOAT32, 6),
    "m7e4_fma_ceiling_promoted6_into_fp16": of_parts(in_m7e4_chain("up", fused=True), FLOAT16, 6),
}

# Tensor cores

UNIT_OF = {
    "v100_fp16": "v100 fp16 fp32",
    "v100_fp16_to_fp16": "v100 fp16 fp16",
    "t4_fp16": "t4 fp16 fp32",
    "a100_fp16": "a100 fp16 fp32",
    "a100_fp16_to_fp16": "a100 fp16 fp16",
    "a100_bf16": "a100 bf16 fp32",
    "a100_tf32": "a100 tf32 fp32",
    "ada_fp16": "a100 fp16 fp32",
    "ada_bf16": "a100 bf16 fp32",
    "ada_fp8": "ada e4m3 fp32",
    "h100_fp16": "h100 fp16 fp32",
    "h100_fp16_to_fp16": "h100 fp16 fp16",
    "h100_bf16": "h100 bf16 fp32",
    "h100_tf32": "h100 tf32 fp32",
    "h100_fp8": "h100 e4m3 fp32",
    "h100_fp8_e5m2": "h100 e5m2 fp32",
    "b200_fp16": "b200 fp16 fp32",
    "b200_bf16": "b200 bf16 fp32",
    "b200_tf32": "b200 tf32 fp32",
    "b200_fp8": "b200 e4m3 fp32",
}
"""Which published unit each name is of; Ada is as A100 but for fp8."""


def of_unit(unit: str) -> Oracle:
    """A tensor core from +0 on."""
    return of(lambda w, x: block_fma(w, x, UNITS[unit]))


HARDWARE = {
    **{name: of_unit(unit) for name, unit in UNIT_OF.items()},
    "h100_fp8_promoted128": of_parts(of_unit("h100 e4m3 fp32"), FLOAT32, 128),
    "h100_fp8_e5m2_promoted40_into_fp16": of_parts(of_unit("h100 e5m2 fp32"), FLOAT16, 40),
    "a100_fp16_to_fp16_promoted12": of_parts(of_unit("a100 fp16 fp16"), FLOAT32, 12),
    "v100_fp16_promoted6_into_fp16": of_parts(of_unit("v100 fp16 fp32"), FLOAT16, 6),
    "b200_bf16_promoted32_into_fp64": of_parts(of_unit("b200 bf16 fp32"), FLOAT64, 32),
}

ORACLES = {**CHAINS, **DRAWN, **IN_M7E4, **HARDWARE}


# Random numbers

WORD = 2**64 - 1


def mix(word: int) -> int:
    """How SplitMix64 mixes its state (Steele, Lea and Flood 2014, figure 17)."""
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & WORD
    word = (word ^ word >> 27) * 0x94D049BB133111EB & WORD
    return word ^ word >> 31


def bits_at(seed: int, row: int, column: int, k: int, n: int) -> Bits:
    """The random bits of one sum of a product [m, n]: 2k numbers of a stream that the seed starts, mixed once."""
    start = (row * n + column) * 2 * k
    return lambda number: mix(mix(seed & WORD) + (start + number + 1) * 0x9E3779B97F4A7C15 & WORD)
