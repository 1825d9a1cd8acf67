"""Strassen's matrix product in simulated arithmetic: seven products of half the size instead of eight."""

import numpy as np
from numpy.typing import NDArray

from precisionlab.accumulation.by_rows import products_by_rows
from precisionlab.accumulation.loops import add_once
from precisionlab.accumulation.records import Strassen
from precisionlab.summation.anchors import DOUBLE, Anchors, anchors_of

Doubles = NDArray[np.float64]


def strassen_product(weights: Doubles, inputs: Doubles, made: Strassen, threads: int) -> Doubles:
    """The product [m, n] of [m, k] and [k, n] (Strassen 1969; Higham 2002, section 23.1), sides filled up with zeros."""
    side = 1 << made.levels
    m, n = weights.shape[0], inputs.shape[1]
    return recursed(filled(weights, side), filled(inputs, side), made, made.levels, threads)[:m, :n]


def filled(matrix: Doubles, side: int) -> Doubles:
    """The matrix with zeros behind, so that the side divides both of its own."""
    return np.pad(matrix, [(0, -length % side) for length in matrix.shape])


def recursed(a: Doubles, b: Doubles, made: Strassen, levels: int, threads: int) -> Doubles:
    """Both halved so many times."""
    if not levels:
        return products_by_rows(a, b, made.inner, 0, threads)
    anchors = None if made.format == DOUBLE else anchors_of(made.format)
    a11, a12, a21, a22 = quarters(a)
    b11, b12, b21, b22 = quarters(b)

    def plus(*terms: Doubles) -> Doubles:
        return added(terms, anchors)

    def times(x: Doubles, y: Doubles) -> Doubles:
        return recursed(x, y, made, levels - 1, threads)

    p1, p2, p3 = times(plus(a11, a22), plus(b11, b22)), times(plus(a21, a22), b11), times(a11, plus(b12, -b22))
    p4, p5 = times(a22, plus(b21, -b11)), times(plus(a11, a12), b22)
    p6, p7 = times(plus(a21, -a11), plus(b11, b12)), times(plus(a12, -a22), plus(b21, b22))
    return np.block([[plus(p1, p4, -p5, p7), plus(p3, p5)], [plus(p2, p4), plus(p1, p3, -p2, p6)]])


def quarters(matrix: Doubles) -> tuple[Doubles, Doubles, Doubles, Doubles]:
    """Upper left, upper right, lower left, lower right."""
    m, n = (length // 2 for length in matrix.shape)
    return matrix[:m, :n], matrix[:m, n:], matrix[m:, :n], matrix[m:, n:]


def added(terms: tuple[Doubles, ...], anchors: Anchors | None) -> Doubles:
    """Matrices added from the first on, each addition rounded."""
    total = np.array(terms[0])
    for term in terms[1:]:
        add_once(np.ascontiguousarray(term).reshape(-1), total.reshape(-1), anchors)
    return total
