"""How far a computed dot product may be from the exact one: for every input, and but for a small probability.

A bound is a factor g with |computed - exact| <= g * sum |w_i| |x_i|. All hold to every order of u, barring overflow and
underflow (subnormal factors of tensor cores count as the smallest normal number, see `cuts`); the operands are numbers of the format that is computed in, or products that are rounded to it once. Where g
reaches 1, zero would have been as good an answer; infinity says that the theorem has nothing to say at all (n u >= 1).

**Worst case.** A term that passes d roundings is multiplied by d factors 1 + delta, |delta| <= u, whose product is
1 + theta with |theta| <= gamma_d = d u / (1 - d u) (Higham 2002, lemma 3.1; dot products: section 3.1; other orders:
sections 4.2 and 4.3). Directed and stochastic roundings have 2u instead of u.

**But for a probability.** If the deltas are independent and of mean zero, |theta| <= exp(lambda sqrt(d) u + d u^2/(1-u)) - 1
but for a probability of 2 exp(-lambda^2 (1-u)^2 / 2) (Higham and Mary 2019, theorem 2.4), and for a dot product of n terms
n such events are to be avoided (theorem 3.1: Q(lambda, n) = 1 - n (1 - P(lambda))), whatever the order of additions.
Independence is a model where rounding is to nearest: sums of one sign break it once n u is about 1, for they stagnate
(`independence` decides where it may be used).
Stochastic rounding needs no model: the deltas are mean independent, which suffices (Connolly, Higham and Mary 2021).
Directed rounding and truncation err to one side; nothing cancels, so the bound stays the worst one. So does Kahan's sum,
whose bound does not grow with sqrt(n) to begin with.
"""

from math import ceil, expm1, inf, log, log1p, sqrt
from typing import NamedTuple

from precisionlab.accumulation.records import Accumulator, BlockFma, Chain, Promoted, Strassen, unit_roundoff
from precisionlab.errors import UsageError
from precisionlab.formats.modes import Rounding
from precisionlab.formats.rounding.policy import Draw
from precisionlab.summation.methods import Way, additions_of_a_term

NEAREST = {Rounding.NEAREST_EVEN, Rounding.NEAREST_AWAY}


class Steps(NamedTuple):
    """So many roundings in a row."""

    roundings: int
    u: float
    """The largest relative error of one."""
    drift: float = 0.0
    """The largest mean of its relative error."""


def worst_bound(accumulator: Accumulator, n: int, *, has_exact_products: bool = False) -> float:
    """The factor for n terms that no input exceeds.

    Args:
        accumulator: what adds up.
        n: how many terms.
        has_exact_products: whether no product is rounded, as those of bfloat16 numbers in float32 are not.

    Raises:
        UsageError: the accumulator is Strassen's, of which no such bound exists.
    """
    match accumulator:
        case Chain():
            if accumulator.method.way is Way.KAHAN:
                return compound(kahan(n, unit_of(accumulator)), 0.0 if has_exact_products else unit_of(accumulator))
            return gamma(
                roundings_of_a_term(accumulator, n, has_exact_products=has_exact_products), unit_of(accumulator)
            )
        case BlockFma():
            logarithms = (cut.n_blocks * log1p(cut.loss) for cut in cuts(accumulator, n))
            return overflowing_expm1(sum(logarithms) + n_blocks(accumulator, n) * log1p(unit_of(accumulator)))
        case Promoted():
            inner = worst_bound(accumulator.inner, min(n, accumulator.every), has_exact_products=has_exact_products)
            outer = outer_steps(accumulator, n)
            return compound(inner, gamma(outer.roundings, outer.u))
        case Strassen():
            raise no_componentwise_bound(accumulator)


def probable_bound(accumulator: Accumulator, n: int, failure: float, *, has_exact_products: bool = False) -> float:
    """The factor for n terms that is exceeded with at most the probability `failure`; never more than the worst one.

    Where rounding is to nearest, this supposes that errors are independent. It is false of sums of one sign with n u of 1
    and more, which stagnate, and of inputs that are made to break it; `independence` tells where it may be promised.

    Raises:
        UsageError: the accumulator is Strassen's, of which no such bound exists.
    """
    worst = worst_bound(accumulator, n, has_exact_products=has_exact_products)
    match accumulator:
        case Chain() if has_mean_zero(accumulator):
            steps = [chain_steps(accumulator, n, has_exact_products=has_exact_products)]
            return min(worst, probable_gamma(steps, failure, n))
        case Promoted(inner=Chain() as inner) if has_mean_zero(inner):
            steps = [chain_steps(inner, min(n, accumulator.every), has_exact_products=has_exact_products)]
            return min(worst, probable_gamma([*steps, outer_steps(accumulator, n)], failure, n))
        case Promoted():
            within = worst_bound(accumulator.inner, min(n, accumulator.every), has_exact_products=has_exact_products)
            sums = probable_gamma([outer_steps(accumulator, n)], failure, ceil(n / accumulator.every))
            return min(worst, compound(within, sums))
        case BlockFma() if accumulator.rounding in NEAREST:
            return min(worst, probable_blocks(accumulator, n, failure, worst))
        case _:
            return worst


def normwise_bound(accumulator: Strassen, n: int) -> float:
    """The factor f of Strassen's product: max |computed - exact| <= f max|A| max|B|, the inner dimension being n.

    No componentwise bound exists: a small entry may be the difference of large ones (Miller 1975). To first order
    Brent's bound for square matrices is (12^l (m^2 + 5m) - 5n) u after l levels down to m = n / 2^l (Higham 2002,
    theorem 23.2). Here one level, with h the half of the inner dimension and f the factor of the products below it, is
    taken to every order: sums of two blocks are at most 2 (1+u) max|A|, so that the seven products have 4 (1+u)^2 or
    2 (1+u) times (f + h), a block of C takes at most two of the first and two of the second, and each passes at most
    three additions: (1+u)^3 (f + h) (8 (1+u)^2 + 4 (1+u)) - 12h. To first order this is 12f + 56hu, Brent's 12f + 50hu.
    """
    m, u = ceil(n / (1 << accumulator.levels)), unit_of(accumulator.inner)
    factor = m * worst_bound(accumulator.inner, m)
    for level in range(accumulator.levels):
        half = m << level
        grown = 8 * compound(*[u] * 5) + 4 * compound(*[u] * 4)
        factor = 12 * factor + grown * (factor + half)
    return factor


def no_componentwise_bound(accumulator: Strassen) -> UsageError:
    """The error for a bound that does not exist."""
    return UsageError(
        accumulator.name,
        "has no componentwise bound, only one of the largest entry",
        "take one without strassen, or normwise_bound of precisionlab.accumulation.bounds",
    )


# Factors


def gamma(n: int, u: float) -> float:
    """N u / (1 - n u), the bound of n accumulated roundings (Higham 2002, lemma 3.1); infinity from n u = 1 on."""
    return n * u / (1 - n * u) if n * u < 1 else inf


def compound(*errors: float) -> float:
    """One relative error that stands for several in a row: (1 + e1) (1 + e2) ... - 1."""
    return overflowing_expm1(sum(map(log1p, errors)))


def overflowing_expm1(exponent: float) -> float:
    """exp(x) - 1, infinity where it overflows."""
    return expm1(exponent) if exponent < 700 else inf


def lambda_for(failure: float, events: int) -> float:
    """The lambda with 2 exp(-lambda^2 / 2) * events = failure; to be divided by 1 - u (Higham and Mary 2019, theorem 2.4)."""
    return sqrt(2 * log(2 * max(events, 1) / failure))


def probable_gamma(steps: list[Steps], failure: float, events: int) -> float:
    """What replaces gamma but for a probability: exp(lambda sqrt(sum u^2) + sum u^2 / (1 - u)) - 1.

    Roundings of several formats have sum d u^2 in the place of d u^2, by the same proof: Hoeffding's inequality takes
    bounds that differ. A mean of delta of at most b is taken off first, 1 + delta = (1 + b') (1 + delta'), |b'| <= b,
    |delta'| <= u / (1 - b), and adds d b / (1 - b).
    """
    units = [step.u / (1 - step.drift) if step.drift < 1 else inf for step in steps]
    largest = max((u for u, step in zip(units, steps, strict=True) if step.roundings), default=0.0)
    if largest >= 1:
        return inf
    variance = sum(step.roundings * u**2 for u, step in zip(units, steps, strict=True))
    second = sum(step.roundings * u**2 / (1 - u) for u, step in zip(units, steps, strict=True) if step.roundings)
    drift = sum(step.roundings * step.drift / (1 - step.drift) for step in steps if step.roundings)
    exponent = lambda_for(failure, events) / (1 - largest) * sqrt(variance) + second + drift
    return overflowing_expm1(exponent)


# Chains


def unit_of(accumulator: Chain | BlockFma) -> float:
    """The unit roundoff: 2^-p to nearest, 2^(1-p) in other directions."""
    return unit_roundoff(accumulator.format, accumulator.rounding)


def roundings_of_a_term(chain: Chain, n: int, *, has_exact_products: bool = False) -> int:
    """Through how many roundings a term passes at most, its product's included.

    Fused or not: the first product is rounded in either case, and passes all additions.
    """
    return additions_of_a_term(chain.method, n) + (n > 0 and not has_exact_products)


def has_mean_zero(chain: Chain) -> bool:
    """Whether errors of rounding may be taken for independent and of mean zero, and are not compensated anyway."""
    return (chain.rounding in NEAREST or chain.rounding is Draw.STOCHASTIC) and chain.method.way is not Way.KAHAN


def chain_steps(chain: Chain, n: int, *, has_exact_products: bool) -> Steps:
    """The roundings that a term passes.

    Stochastic rounding with r random bits cuts the place between two neighbours to r bits: its mean is off by less than
    2^-r of their distance (El Arar, Fasi, Filip and Mikaitis 2024).
    """
    count = roundings_of_a_term(chain, n, has_exact_products=has_exact_products)
    drift = unit_of(chain) * 2.0**-chain.random_bits if chain.rounding is Draw.STOCHASTIC else 0.0
    return Steps(count, unit_of(chain), drift)


def outer_steps(accumulator: Promoted, n: int) -> Steps:
    """The roundings of the sum of the inner results: the first is rounded if it is of more bits, the others added."""
    is_rounded = accumulator.inner.format.precision > accumulator.format.precision
    return Steps(max(ceil(n / accumulator.every) - 1 + is_rounded, 0), unit_roundoff(accumulator.format))


def kahan(n: int, u: float) -> float:
    """Kahan's sum of n numbers whose last correction is not added: 3u + O(n u^2).

    Published forms are of first order: 2u + O(n u^2) (Knuth, exercise 4.2.2-19; Goldberg 1991, theorem 8; Higham 2002,
    (4.8)); Hallman and Ipsen 2021 differ from them. To every order: let tau be the error of s + y, z = s - c the corrected
    sum, and X = sum |x|. Then z' = z + x + eta (x - c) - delta (y + tau) - beta (tau + delta (y + tau)), with one letter
    for the rounding of each operation, and s' = (z + x + eta (x - c)) (1 + sigma): the last steps' delta and beta do not
    count. With |s| <= (1 + g) X one gets |c| <= k X, k = (1+u)^2 u (2 + g), and g = (1+u) (1+D) - 1 where
    D = q + u k + (n - 2) (q k + (2u^2 + u^3) (1 + g)), q = 2u + 2u^2 + u^3: linear in g.
    """
    if n <= 2:
        return u * max(n - 1, 0)  # nothing to correct yet
    q, k, steps = 2 * u + 2 * u**2 + u**3, (1 + u) ** 2 * u, n - 2
    constant = q + 2 * u * k + steps * (2 * q * k + 2 * u**2 + u**3)
    slope = u * k + steps * (q * k + 2 * u**2 + u**3)
    g = (u + (1 + u) * constant) / (1 - (1 + u) * slope) if (1 + u) * slope < 1 else inf
    return g if k * (2 + g) <= 1 else inf


# Tensor cores


def n_blocks(unit: BlockFma, n: int) -> int:
    """Blocks that n products make."""
    return ceil(n / unit.terms)


class Cut(NamedTuple):
    """Blocks that are alike."""

    n_blocks: int
    loss: float
    """What the cuts of a block's addends sum up to at most, relative to the largest size among them."""


def cuts(unit: BlockFma, n: int) -> list[Cut]:
    """The blocks that n products make, the first one and a short last one by themselves.

    Each addend loses less than 2^(E - alignment_bits), E being the largest exponent, and the addend with it has at least
    2^E, if subnormal factors count as the smallest normal number, whose exponent they have (and if E is not the lowest
    one). That addend itself loses nothing where its bits all fit.

    From there a block is s' = (s + sum p + e) (1 + delta), |e| <= c max(|s|, max |p|), so that with g for all blocks
    before it 1 + g' = (1 + u) (1 + c) (1 + g).
    """
    fits = max(2 * (unit.operands.precision - 1), unit.format.precision - 1) <= unit.alignment_bits
    first, rest = min(n, unit.terms), max(n - unit.terms, 0)
    addends = [(1, first - fits), (rest // unit.terms, unit.terms + 1 - fits), (1, rest % unit.terms + 1 - fits)]
    has = [n > 0, rest >= unit.terms, rest % unit.terms > 0]
    return [
        Cut(blocks, count * 2.0**-unit.alignment_bits)
        for (blocks, count), is_there in zip(addends, has, strict=True)
        if is_there
    ]


def probable_blocks(unit: BlockFma, n: int, failure: float, worst: float) -> float:
    """Of a unit that rounds its results to nearest: the cuts keep their worst case, roundings cancel in part.

    The result is sum_j (P_j + e_j) prod_(i>=j) (1 + delta_i), and sum |e_j| <= sum c_j (1 + worst) sum |w| |x|.
    """
    rounded = probable_gamma([Steps(n_blocks(unit, n), unit_of(unit))], failure, n_blocks(unit, n))
    return compound(rounded, sum(cut.n_blocks * cut.loss for cut in cuts(unit, n)) * (1 + worst))
