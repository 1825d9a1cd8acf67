"""Sums and dot products by the textbook, one operation at a time in exact rationals: what the library is held to.

Numbers are Python floats, which hold those of every working format, and every operation is made in `Fraction` and
rounded once. Neither numpy nor the processor's arithmetic is asked, except by `Binary64`, for long sequences.

Sources by their short names:

* Higham: N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition (2002)
* ORO: T. Ogita, S. M. Rump, S. Oishi, Accurate Sum and Dot Product, SIAM J. Sci. Comput. 26 (2005)
* Neumaier: A. Neumaier, Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen, ZAMM 54 (1974)
* Klein: A. Klein, A Generalized Kahan-Babuska-Summation-Algorithm, Computing 76 (2006)
* JMP: M. Joldes, J.-M. Muller, V. Popescu, Tight and Rigorous Error Bounds for Basic Building Blocks of Double-Word
  Arithmetic, ACM Trans. Math. Softw. 44 (2017)

Where the books are silent: an error of what is not finite is zero, so that a running sum that overflows stays as it
is; and a sum that is zero is -0 where all terms are.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TypeVar

Numbers = Sequence[float]


@dataclass(frozen=True)
class Format:
    """A binary format with subnormals, infinities and NaN (IEEE 754-2019, clause 3.3)."""

    precision: int
    """Bits of the significand, the leading one among them."""
    min_exponent: int
    """Of the least normal number, which is 2 to this."""
    max_finite: Fraction

    @cached_property
    def unit(self) -> Fraction:
        """The unit roundoff u (Higham, section 2.1)."""
        return Fraction(1, 2**self.precision)

    @cached_property
    def least(self) -> float:
        """The least positive number."""
        return math.ldexp(1.0, self.min_exponent - self.precision + 1)

    @cached_property
    def largest(self) -> float:
        """The largest finite number."""
        return float(self.max_finite)

    def rounded(self, exact: Fraction) -> float:
        """The nearest number, of two the even one (IEEE 754-2019, clause 4.3.1); what is negative becomes -0, not 0."""
        step = max(exponent_of(exact), self.min_exponent) - self.precision + 1
        numerator, denominator = abs(exact).as_integer_ratio()
        steps, rest = divmod(numerator << max(-step, 0), denominator << max(step, 0))
        twice, whole = 2 * rest, denominator << max(step, 0)
        steps += twice > whole or (twice == whole and steps % 2)
        is_finite = Fraction(steps << max(step, 0), 1 << max(-step, 0)) <= self.max_finite
        size = math.ldexp(steps, step) if is_finite else math.inf
        return size if exact > 0 else -size

    def cast(self, value: float) -> float:
        """A number of any wider format, rounded; zeros, infinities and NaN stay."""
        return self.rounded(Fraction(value)) if value and math.isfinite(value) else value

    def add(self, a: float, b: float) -> float:
        """The rounded sum; an exact zero is positive unless both are -0 (IEEE 754-2019, clause 6.3)."""
        if not (math.isfinite(a) and math.isfinite(b)):
            return a + b
        exact = Fraction(a) + Fraction(b)
        return self.rounded(exact) if exact else zero_of_sum(a, b)

    def subtract(self, a: float, b: float) -> float:
        """The rounded difference."""
        return self.add(a, -b)

    def multiply(self, a: float, b: float) -> float:
        """The rounded product."""
        if not (a and b and math.isfinite(a) and math.isfinite(b)):
            return a * b
        return self.rounded(Fraction(a) * Fraction(b))

    def fma(self, a: float, b: float, c: float) -> float:
        """The rounded product and sum, rounded once (IEEE 754-2019, clause 5.4.1)."""
        if not (math.isfinite(a) and math.isfinite(b)):
            return a * b + c
        if not math.isfinite(c):
            return c
        exact = Fraction(a) * Fraction(b) + Fraction(c)
        return self.rounded(exact) if exact else zero_of_sum(zero_of_product(a, b), c)

    def two_sum(self, a: float, b: float) -> tuple[float, float]:
        """The rounded sum and its error, which the format holds (ORO, algorithm 3.1, by definition)."""
        total = self.add(a, b)
        if not math.isfinite(total):
            return total, 0.0
        exact = Fraction(a) + Fraction(b) - Fraction(total)
        error = self.rounded(exact) if exact else 0.0
        assert Fraction(error) == exact
        return total, error

    def fast_two_sum(self, a: float, b: float) -> tuple[float, float]:
        """The rounded sum and its error if the first is no smaller (Dekker 1971; JMP, algorithm 1)."""
        total = self.add(a, b)
        return total, finite(self.subtract(b, self.subtract(total, a)))

    def two_product(self, a: float, b: float) -> tuple[float, float]:
        """The rounded product and its error, rounded where it underflows (ORO, algorithm 3.5: TwoProductFMA)."""
        product = self.multiply(a, b)
        return product, self.fma(a, b, -product) if math.isfinite(product) else 0.0


class Binary64(Format):
    """Binary64 in the processor's own arithmetic, for long sequences; by `math.fsum` where errors are meant."""

    def add(self, a: float, b: float) -> float:
        """Python's sum."""
        return a + b

    def multiply(self, a: float, b: float) -> float:
        """Python's product."""
        return a * b

    def cast(self, value: float) -> float:
        """All floats are of this format."""
        return value

    def two_sum(self, a: float, b: float) -> tuple[float, float]:
        """The sum, and what is left of the two when it is taken away."""
        total = a + b
        return total, math.fsum((a, b, -total)) if math.isfinite(total) else 0.0


def ieee(exponent_bits: int, mantissa_bits: int) -> Format:
    """The format of these fields (IEEE 754-2019, table 3.5)."""
    bias = 2 ** (exponent_bits - 1) - 1
    return Format(mantissa_bits + 1, 1 - bias, (2 - Fraction(1, 2**mantissa_bits)) * Fraction(2) ** bias)


FORMATS = {
    "float64": ieee(11, 52),
    "float32": ieee(8, 23),
    "bfloat16": ieee(8, 7),
    "float16": ieee(5, 10),
    "float8_e5m2": ieee(5, 2),
    "e5m7": ieee(5, 7),
    "e6m9": ieee(6, 9),
    "e4m3": ieee(4, 3),
    "e4m7": ieee(4, 7),
}
BINARY64 = Binary64(53, -1022, FORMATS["float64"].max_finite)
CONTAINERS = ("float32", "float64")
"""Into which results go that the type of the array does not hold, the narrowest first."""


def exponent_of(exact: Fraction) -> int:
    """The exponent of the power of two at or below the size of a number other than zero."""
    numerator, denominator = abs(exact).as_integer_ratio()
    guess = numerator.bit_length() - denominator.bit_length()
    is_below = numerator << max(-guess, 0) < denominator << max(guess, 0)
    return guess - is_below


def zero_of_sum(a: float, b: float) -> float:
    """Zero as the exact sum of two numbers: negative if both are."""
    return -0.0 if math.copysign(1, a) < 0 and math.copysign(1, b) < 0 else 0.0


def zero_of_product(a: float, b: float) -> float:
    """Zero of the sign that the product of two numbers has."""
    return math.copysign(0.0, math.copysign(1, a) * math.copysign(1, b))


def finite(error: float) -> float:
    """An error; zero if it is that of a sum that is not finite."""
    return error if math.isfinite(error) else 0.0


def holds(container: Format, working: Format) -> bool:
    """Whether every number of one format is one of the other."""
    return (
        container.precision >= working.precision
        and container.least <= working.least
        and container.max_finite >= working.max_finite
    )


def result_type(array_type: str, working: str | None) -> str:
    """The type of results: the array's, if it holds the working format, else the narrowest that does."""
    names = (array_type, *CONTAINERS)
    return next(name for name in names if holds(FORMATS[name], FORMATS[working or array_type]))


# Running sums: a main one and the corrections to be added to it.


@dataclass(frozen=True)
class Running:
    """What a method has after the last term."""

    main: float
    corrections: tuple[float, ...] = ()


def recursive(terms: Numbers, format_: Format) -> Running:
    """From left to right (Higham, algorithm 4.1 as recursive summation)."""
    total = terms[0]
    for term in terms[1:]:
        total = format_.add(total, term)
    return Running(total)


def pairwise(terms: Numbers, format_: Format) -> Running:
    """Adjacent pairs, level by level; an odd last one goes up as it is (Higham, section 4.1)."""
    level = list(terms)
    while len(level) > 1:
        pairs = [format_.add(a, b) for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[2 * len(pairs) :]
    return Running(level[0])


def blocked(terms: Numbers, format_: Format, size: int) -> Running:
    """Blocks recursively, then their sums recursively (Higham, section 4.2; Blanchard, Higham & Mary 2020)."""
    starts = range(0, len(terms), size)
    return recursive([recursive(terms[start : start + size], format_).main for start in starts], format_)


def kahan(terms: Numbers, format_: Format) -> Running:
    """Compensated summation (Kahan 1965; Higham, algorithm 4.2)."""
    total, error = terms[0], 0.0
    for term in terms[1:]:
        before, increment = total, format_.add(term, error)
        total = format_.add(before, increment)
        error = finite(format_.add(format_.subtract(before, total), increment))
    return Running(total, (error,))


def neumaier(terms: Numbers, format_: Format) -> Running:
    """The errors are summed apart and added last (Neumaier, algorithm IV; ORO, algorithm 4.4: Sum2, which is equal)."""
    total, correction = terms[0], 0.0
    for term in terms[1:]:
        total, error = format_.two_sum(total, term)
        correction = format_.add(correction, error)
    return Running(total, (correction,))


def klein(terms: Numbers, format_: Format) -> Running:
    """The errors of the sum of errors are summed too (Klein, second order)."""
    total, first, second = terms[0], 0.0, 0.0
    for term in terms[1:]:
        total, error = format_.two_sum(total, term)
        first, error = format_.two_sum(first, error)
        second = format_.add(second, error)
    return Running(total, (first, second))


def double_double(terms: Numbers, format_: Format) -> Running:
    """An unevaluated sum of two numbers (Dekker 1971; JMP, algorithm 4: DWPlusFP)."""
    high, low = terms[0], 0.0
    for term in terms[1:]:
        total, error = format_.two_sum(high, term)
        high, low = format_.fast_two_sum(total, format_.add(error, low))
        low = low if math.isfinite(high) else 0.0
    return Running(high, (low,))


def vec_sum(terms: Numbers, format_: Format) -> list[float]:
    """The errors of a running sum, and last that sum (ORO, algorithm 4.3: VecSum)."""
    total, errors = terms[0], []
    for term in terms[1:]:
        total, error = format_.two_sum(total, term)
        errors.append(error)
    return [*errors, total]


def sum_k(terms: Numbers, format_: Format, fold: int) -> float:
    """As if in so many times the precision (ORO, algorithm 4.8: SumK)."""
    vector = list(terms)
    for _ in range(fold - 1):
        vector = vec_sum(vector, format_)
    *errors, total = vector
    return corrected(total, [recursive(errors, format_).main], format_) if errors else total


def cascade(terms: Numbers, format_: Format, fold: int) -> Running:
    """The running sums of SumK before they are added up: of the terms, of the errors, of the errors of those..."""
    sums, vector = [], list(terms)
    for _ in range(fold - 1):
        *vector, total = vec_sum(vector, format_) if vector else [0.0]
        sums.append(total)
    sums.append(recursive(vector, format_).main if vector else 0.0)
    return Running(sums[0], tuple(sums[1:]))


def corrected(main: float, corrections: Iterable[float], format_: Format) -> float:
    """The main sum and what is added to it, one after the other."""
    if not math.isfinite(main):
        return main
    for correction in corrections:
        main = format_.add(main, correction)
    return main


# Methods by name, for terms that are numbers of the format already.

Runner = Callable[[Numbers, Format, int], Running]
RUNNERS: dict[str, Runner] = {
    "recursive": lambda terms, format_, _: recursive(terms, format_),
    "pairwise": lambda terms, format_, _: pairwise(terms, format_),
    "blocked": blocked,
    "kahan": lambda terms, format_, _: kahan(terms, format_),
    "neumaier": lambda terms, format_, _: neumaier(terms, format_),
    "klein": lambda terms, format_, _: klein(terms, format_),
    "sum2": lambda terms, format_, _: neumaier(terms, format_),
    "sumk": cascade,
    "double-double": lambda terms, format_, _: double_double(terms, format_),
}
DISCARDING = ("kahan", "double-double")
"""Their last correction is below half a unit of the sum and left out."""


def named(method: str) -> tuple[str, int]:
    """The name and the number after the colon."""
    name, _, number = method.partition(":")
    return name, int(number or 0)


def textbook(terms: Numbers, method: str, format_: Format) -> float:
    """The sum of one sequence in one lane."""
    name, number = named(method)
    if name == "sumk":
        return sum_k(terms, format_, number)
    running = RUNNERS[name](terms, format_, number)
    return running.main if name in DISCARDING else corrected(running.main, running.corrections, format_)


SEGMENT = 1 << 20
"""Consecutive terms that are dealt out to lanes together."""
Runs = Sequence[Running]


def gathered(runs: Runs) -> list[float]:
    """The main sums of all lanes, then their first corrections, then their second ones."""
    corrections = zip(*(run.corrections for run in runs), strict=True)
    return [run.main for run in runs] + [correction for level in corrections for correction in level]


Term = TypeVar("Term")


def dealt_out(terms: Sequence[Term], lanes: int, segment: int) -> list[Sequence[Term]]:
    """Each lane's terms, segment by segment: of every segment, term i goes to lane i mod `lanes`; one lane has all."""
    if lanes == 1:
        return [terms]
    segments = [terms[start : start + segment] for start in range(0, len(terms), segment)]
    return [part[lane::lanes] for part in segments for lane in range(min(lanes, len(part)))]


def sum_rounded(terms: Numbers, method: str, format_: Format, lanes: int = 1, *, segment: int = SEGMENT) -> float:
    """The sum of numbers of the format: each lane by the method, then what the lanes have by the method."""
    if not terms:
        return 0.0
    if lanes == 1:
        return signed(textbook(terms, method, format_), terms)
    name, number = named(method)
    runs = [RUNNERS[name](lane, format_, number) for lane in dealt_out(terms, lanes, segment)]
    return signed(textbook(gathered(runs), method, format_), terms)


def signed(total: float, terms: Numbers) -> float:
    """A sum; if it is zero, of the sign that IEEE addition gives it: negative if all terms are -0."""
    is_negative = all(not term and math.copysign(1, term) < 0 for term in terms)
    return total if total or math.isnan(total) else -0.0 if is_negative else 0.0


def sum_by(values: Numbers, method: str, format_: Format, lanes: int = 1, *, segment: int = SEGMENT) -> float:
    """The sum of any numbers by any method in a format."""
    if method == "exact":
        return exact_sum(values, format_)
    return sum_rounded([format_.cast(value) for value in values], method, format_, lanes, segment=segment)


def exact_sum(values: Numbers, format_: Format) -> float:
    """The exact sum, rounded once."""
    return exact_total([(value, 1.0) for value in values], format_)


# Dot products.


def exact_total(pairs: Sequence[tuple[float, float]], format_: Format) -> float:
    """The exact sum of products, rounded once; infinities and NaN as IEEE arithmetic in any order has them."""
    special = [x * y for x, y in pairs if not (math.isfinite(x) and math.isfinite(y))]
    if special:
        return math.nan if any(map(math.isnan, special)) or len(set(special)) > 1 else special[0]
    exact = sum((Fraction(x) * Fraction(y) for x, y in pairs), Fraction(0))
    if exact:
        return format_.rounded(exact)
    return -0.0 if pairs and all(is_negative_zero(x, y) for x, y in pairs) else 0.0


def is_negative_zero(x: float, y: float) -> bool:
    """Whether the exact product is -0."""
    return not (x and y) and math.copysign(1, zero_of_product(x, y)) < 0


Pairs = Sequence[tuple[float, float]]


def dot_by(  # noqa: PLR0913 - those of sum_by, and a second factor
    x: Numbers, y: Numbers, method: str, format_: Format, lanes: int = 1, *, segment: int = SEGMENT
) -> float:
    """The dot product of any numbers by any method in a format."""
    if method == "exact":
        return exact_total(list(zip(x, y, strict=True)), format_)
    pairs = [(format_.cast(a), format_.cast(b)) for a, b in zip(x, y, strict=True)]
    products = [format_.multiply(a, b) for a, b in pairs]
    name, number = named(method)
    if name not in DOT_RUNNERS or not pairs:
        return sum_rounded(products, method, format_, lanes, segment=segment)
    if name == "dotk" and lanes == 1:
        return signed(dot_k(pairs, format_, number), products)
    runs = [DOT_RUNNERS[name](lane, format_, number) for lane in dealt_out(pairs, lanes, segment)]
    if name == "fma":
        return textbook(gathered(runs), "recursive", format_)
    if lanes == 1:
        return signed(corrected(runs[0].main, runs[0].corrections, format_), products)
    return signed(textbook(gathered(runs), "sum2" if name == "dot2" else f"sumk:{number}", format_), products)


def fma(pairs: Pairs, format_: Format) -> Running:
    """From left to right, product and sum rounded once."""
    total = format_.multiply(*pairs[0])
    for x, y in pairs[1:]:
        total = format_.fma(x, y, total)
    return Running(total)


def dot2(pairs: Pairs, format_: Format) -> Running:
    """The errors of products and sums are summed apart (ORO, algorithm 5.3: Dot2)."""
    total, correction = format_.two_product(*pairs[0])
    for x, y in pairs[1:]:
        product, product_error = format_.two_product(x, y)
        total, sum_error = format_.two_sum(total, product)
        correction = format_.add(correction, format_.add(sum_error, product_error))
    return Running(total, (correction,))


def dot_vector(pairs: Pairs, format_: Format) -> list[float]:
    """Numbers whose sum the dot product is: errors of products, errors of sums, the sum (ORO, algorithm 5.10)."""
    products, errors = zip(*(format_.two_product(x, y) for x, y in pairs), strict=True)
    return [*errors, *vec_sum(products, format_)]


def dot_k(pairs: Pairs, format_: Format, fold: int) -> float:
    """As if in so many times the precision (ORO, algorithm 5.10: DotK)."""
    return sum_k(dot_vector(pairs, format_), format_, fold - 1)


def dot_cascade(pairs: Pairs, format_: Format, fold: int) -> Running:
    """The running sums of DotK before they are added up: of the products, then those of SumK over all errors."""
    *errors, total = dot_vector(pairs, format_)
    below = cascade(errors, format_, fold - 1)
    return Running(total, (below.main, *below.corrections))


DOT_RUNNERS: dict[str, Callable[[Pairs, Format, int], Running]] = {
    "fma": lambda pairs, format_, _: fma(pairs, format_),
    "dot2": lambda pairs, format_, _: dot2(pairs, format_),
    "dotk": dot_cascade,
}
