"""Accumulation of dot products in any binary format, slowly and by definition: rational numbers, no floating point.

Operands and results are Python floats, which hold every format here exactly; in between all is `Fraction` and `int`.
The rules are those of IEEE 754-2019 (4.3 rounding, 6.1 infinities, 6.3 signs of zeros, 7.4 overflow), and those of
tensor cores as measured (see `vectors.py` for the sources). Nothing of precisionlab is imported: this is the oracle.

Conventions that a formula does not tell: the first product, rounded, is the first partial sum (no addition to zero);
a sum of nothing is +0; a NaN is a NaN, without payload; overflow is judged after rounding with unbounded exponent.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Mode = Literal["nearest-even", "nearest-away", "toward-zero", "down", "up"]


@dataclass(frozen=True, slots=True)
class Format:
    """A binary format with subnormals, signed zeros, infinities and NaN."""

    precision: int
    """Bits of the significand, the hidden one included."""
    min_exponent: int
    """Exponent of the smallest normal number, 2**min_exponent."""
    max_finite: Fraction


def ieee(precision: int, max_exponent: int) -> Format:
    """The format of IEEE 754 (3.3) with that precision and largest exponent, the smallest one being 1 - largest."""
    return Format(precision, 1 - max_exponent, (2 - power(1 - precision)) * power(max_exponent))


def power(exponent: int) -> Fraction:
    """2**exponent, exactly."""
    return Fraction(2) ** exponent


FLOAT16 = ieee(11, 15)
BFLOAT16 = ieee(8, 127)
TFLOAT32 = ieee(11, 127)
E8M13 = ieee(14, 127)
FLOAT32 = ieee(24, 127)
FLOAT64 = ieee(53, 1023)
E5M2 = ieee(3, 15)
E4M3 = Format(4, -6, Fraction(448))  # no infinities; as an operand only


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How one partial sum is computed from the last."""

    format: Format
    mode: Mode = "nearest-even"
    fused: bool = False
    """Whether the product is added exactly, with one rounding, instead of being rounded first."""


HALF = Fraction(1, 2)

# Rounding


def exponent_of(value: Fraction) -> int:
    """floor(log2(abs(value))) of a number that is not 0."""
    guess = abs(value.numerator).bit_length() - value.denominator.bit_length()
    return guess if power(guess) <= abs(value) else guess - 1


def quantum_at(value: Fraction, target: Format) -> Fraction:
    """The distance of the format's numbers in the binade of a number, or among subnormals."""
    return power(max(exponent_of(value), target.min_exponent) - target.precision + 1)


def round_fraction(value: Fraction, target: Format, mode: Mode) -> float:
    """The format's number for an exact one: IEEE 754 4.3 and 7.4; what rounds to 0 keeps its sign, and 0 is +0."""
    if value == 0:
        return 0.0
    quantum = quantum_at(value, target)
    steps, rest = divmod(abs(value) / quantum, 1)
    away = mode == ("down" if value < 0 else "up")
    up = {
        "nearest-even": rest > HALF or (rest == HALF and steps % 2 == 1),
        "nearest-away": rest >= HALF,
        "toward-zero": False,
        "down": rest > 0 and away,
        "up": rest > 0 and away,
    }[mode]
    magnitude = (steps + up) * quantum
    if magnitude > target.max_finite:
        return signed(math.inf if mode.startswith("nearest") or away else float(target.max_finite), value)
    return signed(float(magnitude), value)


def round_stochastic(value: Fraction, target: Format, random_bits: int, draw: int) -> float:
    """Away from zero if the place between two neighbours, cut to `random_bits` bits, and the draw add up to 1 or more.

    The draw is an integer of [0, 2**random_bits). Beyond the largest finite number lies infinity.
    """
    if value == 0:
        return 0.0
    quantum = quantum_at(value, target)
    steps, rest = divmod(abs(value) / quantum, 1)
    up = math.floor(rest * 2**random_bits) + draw >= 2**random_bits
    magnitude = (steps + up) * quantum
    return signed(math.inf if magnitude > target.max_finite else float(magnitude), value)


def signed(magnitude: float, like: Fraction | float) -> float:
    """A magnitude with the sign of a number that is not 0."""
    return -magnitude if like < 0 else magnitude


# Operations

Rounding = Callable[[Fraction], float]
"""What makes a float of an exact result that is not 0."""


def multiply(a: float, b: float, rounding: Rounding) -> float:
    """The product of two numbers."""
    if a and b and math.isfinite(a) and math.isfinite(b):
        return rounding(Fraction(a) * Fraction(b))
    return special_product(a, b)


def add(a: float, b: float, rounding: Rounding, mode: Mode) -> float:
    """The sum of two numbers."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return special_sum([a, b])
    exact = Fraction(a) + Fraction(b)
    return rounding(exact) if exact else zero_sum(a, b, mode)


def multiply_add(a: float, b: float, c: float, rounding: Rounding, mode: Mode) -> float:
    """Fused multiply-add: a * b + c with one rounding."""
    if not (math.isfinite(a) and math.isfinite(b) and math.isfinite(c)):
        return special_sum([special_product(a, b), c])
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    if exact:
        return rounding(exact)
    return zero_sum(special_product(a, b) if a == 0 or b == 0 else -c, c, mode)


def special_product(a: float, b: float) -> float:
    """A product's class, with the sign of its factors, multiplied: NaN, an infinity, or 0 for any finite number."""
    if math.isnan(a) or math.isnan(b) or {abs(a), abs(b)} == {0.0, math.inf}:
        return math.nan
    infinite = math.inf in {abs(a), abs(b)}
    return math.copysign(math.inf if infinite else 0.0, math.copysign(1, a) * math.copysign(1, b))


def special_sum(addends: Sequence[float]) -> float:
    """The sum of addends of which one at least is not finite: IEEE 754 6.1 and 7.2, in any order."""
    infinities = {addend for addend in addends if math.isinf(addend)}
    if len(infinities) != 1 or any(math.isnan(addend) for addend in addends):
        return math.nan
    return infinities.pop()


def zero_sum(a: float, b: float, mode: Mode) -> float:
    """The sum of two numbers that cancel: +0, or -0 when rounding down; zeros of one sign keep it (6.3)."""
    if a == 0 and b == 0 and math.copysign(1, a) == math.copysign(1, b):
        return a
    return -0.0 if mode == "down" else 0.0


# Sums in one format


def chain(w: Sequence[float], x: Sequence[float], arithmetic: Arithmetic) -> float:
    """Recursive summation: s = w[0] x[0], then s = s + w[i] x[i], product rounded first or not."""
    rounding = rounded_in(arithmetic)
    if arithmetic.fused:
        return accumulate_fused(w, x, lambda: rounding, arithmetic.mode)
    return add_up([multiply(a, b, rounding) for a, b in zip(w, x, strict=True)], arithmetic)


def add_up(terms: Sequence[float], arithmetic: Arithmetic) -> float:
    """Numbers of the format added one after the other; the first is the first partial sum."""
    rounding = rounded_in(arithmetic)
    total = terms[0] if terms else 0.0
    for term in terms[1:]:
        total = add(total, term, rounding, arithmetic.mode)
    return total


def accumulate_fused(
    w: Sequence[float], x: Sequence[float], next_rounding: Callable[[], Rounding], mode: Mode
) -> float:
    """Recursive summation with one rounding a term."""
    if not w:
        return 0.0
    total = multiply(w[0], x[0], next_rounding())
    for a, b in zip(w[1:], x[1:], strict=True):
        total = multiply_add(a, b, total, next_rounding(), mode)
    return total


def rounded_in(arithmetic: Arithmetic) -> Rounding:
    """The rounding of an arithmetic."""
    return lambda exact: round_fraction(exact, arithmetic.format, arithmetic.mode)


def pairwise(w: Sequence[float], x: Sequence[float], arithmetic: Arithmetic) -> float:
    """Rounded products, neighbours added level by level; an odd last one waits for the next level."""
    rounding = rounded_in(arithmetic)
    level = [multiply(a, b, rounding) for a, b in zip(w, x, strict=True)]
    while len(level) > 1:
        sums = [add(a, b, rounding, arithmetic.mode) for a, b in zip(level[::2], level[1::2], strict=False)]
        level = sums + level[len(level) // 2 * 2 :]
    return level[0] if level else 0.0


def blocked(w: Sequence[float], x: Sequence[float], arithmetic: Arithmetic, size: int) -> float:
    """A chain for every `size` terms, the last block may be short; block sums added one after the other."""
    return add_up([chain(*block, arithmetic) for block in blocks(w, x, size)], arithmetic)


def promoted(w: Sequence[float], x: Sequence[float], inner: Arithmetic, outer: Format, every: int) -> float:
    """A chain for every `every` terms; their results are added in another format, to nearest.

    The first result, rounded to the outer format, is the first partial sum there; others are added with one rounding.
    """
    results = [chain(*block, inner) for block in blocks(w, x, every)]
    return add_up([converted(result, outer) for result in results[:1]] + results[1:], Arithmetic(outer))


def converted(number: float, target: Format) -> float:
    """A number in another format, to nearest."""
    if number == 0 or not math.isfinite(number):
        return number
    return round_fraction(Fraction(number), target, "nearest-even")


def blocks(w: Sequence[float], x: Sequence[float], size: int) -> Iterator[tuple[Sequence[float], Sequence[float]]]:
    """Consecutive terms, `size` at a time."""
    for start in range(0, len(w), size):
        yield w[start : start + size], x[start : start + size]


def kahan(w: Sequence[float], x: Sequence[float], arithmetic: Arithmetic) -> float:
    """Rounded products, Kahan's compensated sum (Higham 2002, algorithm 4.2); every operation is rounded.

    y = p - c; t = s + y; c = (t - s) - y; s = t, from s = p[0] and c = +0. The last correction is not added. Where t is
    not finite, c = +0, so that infinities and NaN go the way of IEEE addition.
    """
    rounding, mode = rounded_in(arithmetic), arithmetic.mode
    products = [multiply(a, b, rounding) for a, b in zip(w, x, strict=True)]
    total, correction = (products[0] if products else 0.0), 0.0
    for product in products[1:]:
        term = add(product, -correction, rounding, mode)
        new = add(total, term, rounding, mode)
        gained = add(new, -total, rounding, mode)
        correction = add(gained, -term, rounding, mode) if math.isfinite(new) else 0.0
        total = new
    return total


def stochastic(
    w: Sequence[float], x: Sequence[float], arithmetic: Arithmetic, random_bits: int, draws: Sequence[int]
) -> float:
    """A chain whose roundings are stochastic; every operation takes the next draw, whether it needs it or not.

    Fused: one draw a term. Not fused: the first product takes one, every further term two (product, then sum). Sums that
    cancel are +0. The arithmetic's mode does not matter.
    """
    remaining = iter(draws)

    def next_rounding() -> Rounding:
        draw = next(remaining)
        return lambda exact: round_stochastic(exact, arithmetic.format, random_bits, draw)

    if arithmetic.fused:
        return accumulate_fused(w, x, next_rounding, "nearest-even")
    total = multiply(w[0], x[0], next_rounding()) if w else 0.0
    for a, b in zip(w[1:], x[1:], strict=True):
        product = multiply(a, b, next_rounding())
        total = add(total, product, next_rounding(), "nearest-even")
    return total


# Tensor cores


@dataclass(frozen=True, slots=True)
class BlockUnit:
    """A unit that adds `terms` products and an accumulator in one aligned sum."""

    terms: int
    """Products that are added at once."""
    alignment_bits: int
    """Bits below the largest exponent that take part in the sum."""
    lowest_exponent: int
    """The exponent of a zero accumulator: no block is aligned to less. (An accumulator that is not 0 has more.)"""
    operands: tuple[Format, Format]
    """Formats of w and x: subnormal operands have the exponent of the smallest normal number."""
    result: Format
    """The format of the accumulator, before and after: subnormal ones have the exponent of its smallest normal number."""
    mode: Mode


def block_fma(w: Sequence[float], x: Sequence[float], unit: BlockUnit, start: float = 0.0) -> float:
    """The dot product by consecutive blocks, each with the last result as its accumulator."""
    for block in blocks(w, x, unit.terms):
        start = fused_block(*block, unit, start)
    return start


def block_fma_promoted(w: Sequence[float], x: Sequence[float], unit: BlockUnit, every: int) -> float:
    """A fresh accumulator of +0 for every `every` products, the results added in float32, to nearest, from +0.

    This is what DeepSeek-V3 does on Hopper (arXiv 2412.19437, 3.3.2, with N_C = 128), scales left out.
    """
    total = 0.0
    for block in blocks(w, x, every):
        total = add(total, block_fma(*block, unit), rounded_in(Arithmetic(FLOAT32)), "nearest-even")
    return total


def fused_block(w: Sequence[float], x: Sequence[float], unit: BlockUnit, accumulator: float) -> float:
    """One block: align to the largest exponent, truncate every addend, add, round once.

    The exponent of a product is the sum of those of its factors (the product of the significands is in [1, 4) and is
    not normalised first). Zeros have no exponent. Results that are 0 are +0, whatever the signs.
    """
    if not all(map(math.isfinite, [*w, *x, accumulator])):
        return special_sum([accumulator, *map(special_product, w, x)])
    addends = [(Fraction(accumulator), exponent_from(accumulator, unit.result.min_exponent))] if accumulator else []
    for a, b in zip(w, x, strict=True):
        if a and b:
            exponents = map(exponent_from, (a, b), (operand.min_exponent for operand in unit.operands))
            addends.append((Fraction(a) * Fraction(b), sum(exponents)))
    largest = max([unit.lowest_exponent, *(exponent for _, exponent in addends)])
    quantum = power(largest - unit.alignment_bits)
    total = sum(math.trunc(addend / quantum) for addend, _ in addends) * quantum
    if total and exponent_of(total) > exponent_of(unit.result.max_finite):
        return signed(math.inf, total)  # unlike IEEE 754: truncation does not stop at the largest finite number
    return round_fraction(total, unit.result, unit.mode) + 0.0


def exponent_from(number: float, min_exponent: int) -> int:
    """The exponent as stored: that of subnormal numbers is the smallest one."""
    return max(exponent_of(Fraction(number)), min_exponent)
