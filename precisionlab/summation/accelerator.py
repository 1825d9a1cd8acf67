"""The torch twin of the compiled loops: the same operations, number for number, on all lanes of a device at once."""

from collections.abc import Callable, Mapping
from typing import Final

import torch
from torch import Tensor

from precisionlab.summation.anchors import Anchors
from precisionlab.summation.lanes import n_parts, of_losses
from precisionlab.summation.methods import RECURSIVE, Method, Way

EXPONENT: Final = 0x7FF0000000000000
SPLITTER: Final = 2.0**27 + 1
"""Of float64 into halves of 26 bits (Dekker 1971)."""
INFINITY: Final = float("inf")
Constants = Anchors | None


def exponent_part(x: Tensor) -> Tensor:
    """The largest powers of two not above the magnitudes of float64."""
    return (x.view(torch.int64) & EXPONENT).view(torch.float64)


def rounded(x: Tensor, a: Constants) -> Tensor:
    """To nearest even in the format."""
    if a is None:
        return x
    size = x.abs()
    c = exponent_part(x).clamp_min(a.lowest) * a.anchor
    near = (size + c) - c
    if a.least:
        near = torch.where(near < a.least, torch.where(size > 0.5 * a.least, a.least, 0.0), near)
    return torch.copysign(torch.where(size > a.last, a.beyond_positive, near), x)


def rounded_by(x: Tensor, a: Anchors, from_positive: Tensor | float, from_negative: Tensor | float) -> Tensor:
    """To the neighbour farther from 0 where the distance from the other reaches a threshold."""
    size = x.abs()
    scale = exponent_part(x).clamp_min(a.lowest)
    c = scale * a.anchor
    near = (size + c) - c
    gap = scale * a.step
    below = torch.where(near > size, near - gap, near)
    if a.least:
        is_ordinary = ~(below < a.least)
        below, gap = torch.where(is_ordinary, below, 0.0), torch.where(is_ordinary, gap, a.least)
    above, below_zero = (torch.as_tensor(of, dtype=x.dtype, device=x.device) for of in (from_positive, from_negative))
    threshold = torch.where(x > 0, above, below_zero)
    result = torch.where(size - below >= threshold * gap, below + gap, below)
    beyond = torch.where(x > 0, a.beyond_positive, a.beyond_negative)
    special = torch.where(size < INFINITY, beyond, x)
    return torch.copysign(torch.where(result <= a.limit, result, special), x)


def kept(lost: Tensor) -> Tensor:
    """What an addition lost; -0 where the sum is infinite."""
    return torch.where(lost.abs() < INFINITY, lost, -0.0)


def two_sum(x: Tensor, y: Tensor, a: Constants) -> tuple[Tensor, Tensor]:
    """The rounded sum, and exactly what it lost."""
    s = x + y
    is_larger = x.abs() > y.abs()
    gained = (s - torch.where(is_larger, x, y)) - torch.where(is_larger, y, x)
    if a is None:
        return s, kept(-gained)
    near = rounded(s, a)
    return near, kept(-((near - s) + gained))


def two_product(x: Tensor, y: Tensor, a: Constants) -> tuple[Tensor, Tensor]:
    """The rounded product of float64, and exactly what it lost, barring underflow."""
    product = x * y
    if a is not None:
        h = rounded(product, a)
        return h, kept(-rounded(h - product, a))
    big_x, big_y = SPLITTER * x, SPLITTER * y
    x1, y1 = big_x - (big_x - x), big_y - (big_y - y)
    x2, y2 = x - x1, y - y1
    return product, kept(-((((product - x1 * y1) - x2 * y1) - x1 * y2) - x2 * y2))


def odd_sum(x: Tensor, y: Tensor) -> Tensor:
    """The sum of float64 rounded to odd."""
    s = x + y
    z = s - x
    lost = (x - (s - z)) + (y - z)
    bits = s.view(torch.int64)
    is_inexact = (lost > 0) | (lost < 0)
    step = torch.where((lost > 0) == (s > 0), 1, -1)
    return torch.where(is_inexact & ((bits & 1) == 0), bits + step, bits).view(torch.float64)


def fused(x: Tensor, y: Tensor, s: Tensor, a: Constants) -> Tensor:
    """X y + s of float64, rounded once."""
    if a is not None:
        return rounded(odd_sum(x * y, s), a)
    h, r = two_product(x, y, None)
    low, low_lost = two_sum(s, r, None)
    high, high_lost = two_sum(h, low, None)
    rest = odd_sum(low_lost, high_lost)
    return torch.where(rest == 0, high, high + rest)


def recursive(terms: Tensor, parts: list[Tensor], a: Constants) -> None:
    """S <- s + x."""
    for x in terms:
        parts[0] = rounded(parts[0] + x, a)


def kahan(terms: Tensor, parts: list[Tensor], a: Constants) -> None:
    """With the correction added to the next term."""
    for x in terms:
        y = rounded(x + parts[1], a)
        t = rounded(parts[0] + y, a)
        parts[:] = t, kept(rounded(y - rounded(t - parts[0], a), a))


def neumaier(terms: Tensor, parts: list[Tensor], a: Constants) -> None:
    """What additions lose is summed aside."""
    for x in terms:
        t, lost = two_sum(parts[0], x, a)
        parts[:] = t, rounded(parts[1] + lost, a)


def klein(terms: Tensor, parts: list[Tensor], a: Constants) -> None:
    """The same, with what that sum loses in a third part."""
    for x in terms:
        t, lost = two_sum(parts[0], x, a)
        c, c_lost = two_sum(parts[1], lost, a)
        parts[:] = t, c, rounded(parts[2] + c_lost, a)


def sumk(terms: Tensor, parts: list[Tensor], a: Constants) -> None:
    """Every part but the last takes what the part before loses."""
    for x in terms:
        passed = x
        for level in range(len(parts) - 1):
            parts[level], passed = two_sum(parts[level], passed, a)
        parts[-1] = rounded(parts[-1] + passed, a)


def double_double(terms: Tensor, parts: list[Tensor], a: Constants) -> None:
    """The sum is that of both parts."""
    for x in terms:
        s, lost = two_sum(parts[0], x, a)
        rest = rounded(lost + parts[1], a)
        total = rounded(s + rest, a)
        parts[:] = total, kept(rounded(rest - rounded(total - s, a), a))


LOOPS: Final[Mapping[Way, Callable[[Tensor, list[Tensor], Constants], None]]] = {
    Way.RECURSIVE: recursive,
    Way.KAHAN: kahan,
    Way.NEUMAIER: neumaier,
    Way.KLEIN: klein,
    Way.SUM2: neumaier,
    Way.SUMK: sumk,
    Way.DOUBLE_DOUBLE: double_double,
}


def sums_parts(terms: Tensor, method: Method, a: Constants) -> Tensor:
    """Parts [components, lanes] of the sums of terms [n, lanes], n at least 1."""
    if method.way is Way.PAIRWISE:
        return pairwise(terms, a)
    if method.way is Way.BLOCKED:
        blocks = [sums_parts(block, RECURSIVE, a) for block in torch.split(terms, method.parameter)]
        return sums_parts(torch.cat(blocks), RECURSIVE, a)
    parts = [terms[0].clone(), *(torch.full_like(terms[0], -0.0) for _ in range(n_parts(method) - 1))]
    LOOPS[method.way](terms[1:], parts, a)
    return torch.stack(parts)


def pairwise(terms: Tensor, a: Constants) -> Tensor:
    """Level by level, an odd last one waiting."""
    while len(terms) > 1:
        pairs = len(terms) // 2 * 2
        terms = torch.cat((rounded(terms[:pairs:2] + terms[1:pairs:2], a), terms[pairs:]))
    return terms


def products_parts(x: Tensor, y: Tensor, method: Method, a: Constants) -> Tensor:
    """Parts [components, lanes] of dot products by a way that needs both factors [n, lanes] of float64."""
    if method.way is Way.DOTK:
        split = split_products(x, y, a)
        return torch.cat((split[-1:], sums_parts(split[:-1], of_losses(method), a)))
    h, lost = two_product(x[0], y[0], a)
    if method.way is Way.FMA:
        for u, v in zip(x[1:], y[1:], strict=True):
            h = fused(u, v, h, a)
        return h[None, :]
    for u, v in zip(x[1:], y[1:], strict=True):
        product, r = two_product(u, v, a)
        h, q = two_sum(h, product, a)
        lost = rounded(lost + rounded(q + r, a), a)
    return torch.stack((h, lost))


def split_products(x: Tensor, y: Tensor, a: Constants) -> Tensor:
    """Terms [2n, lanes] whose sum is that of the products."""
    products, lost = two_product(x, y, a)
    s, passed = products[0], []
    for product in products[1:]:
        s, q = two_sum(s, product, a)
        passed.append(q)
    return torch.cat((lost, *(one[None, :] for one in passed), s[None, :]))
