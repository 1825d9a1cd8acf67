"""Strassen's product: the textbook's recursion with every operation rounded, exact where nothing is rounded."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from precisionlab.accumulation import matmul_by
from tests.accumulation.inputs import written, written_in
from tests.accumulation.reference import (
    BFLOAT16,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    Arithmetic,
    add,
    blocked,
    chain,
    kahan,
    pairwise,
    rounded_in,
)

Array = NDArray[Any]
Matrix = list[list[float]]
Dot = Callable[[list[float], list[float]], float]


class Textbook:
    """Higham 2002, equations 23.4 and 23.5, on lists of floats, in any format."""

    def __init__(self, arithmetic: Arithmetic, dot: Dot) -> None:
        self.rounding = rounded_in(arithmetic)
        self.dot = dot

    def plus(self, a: Matrix, b: Matrix) -> Matrix:
        """A + B."""
        return [
            [add(x, y, self.rounding, "nearest-even") for x, y in zip(*rows, strict=True)]
            for rows in zip(a, b, strict=True)
        ]

    def minus(self, a: Matrix, b: Matrix) -> Matrix:
        """A - B."""
        return self.plus(a, [[-y for y in row] for row in b])

    def times(self, a: Matrix, b: Matrix, levels: int) -> Matrix:
        """A B with seven products on each level."""
        if not levels:
            return [[self.dot(row, list(column)) for column in zip(*b, strict=True)] for row in a]
        (a11, a12), (a21, a22) = quartered(a)
        (b11, b12), (b21, b22) = quartered(b)
        p1 = self.times(self.plus(a11, a22), self.plus(b11, b22), levels - 1)
        p2 = self.times(self.plus(a21, a22), b11, levels - 1)
        p3 = self.times(a11, self.minus(b12, b22), levels - 1)
        p4 = self.times(a22, self.minus(b21, b11), levels - 1)
        p5 = self.times(self.plus(a11, a12), b22, levels - 1)
        p6 = self.times(self.minus(a21, a11), self.plus(b11, b12), levels - 1)
        p7 = self.times(self.minus(a12, a22), self.plus(b21, b22), levels - 1)
        c11 = self.plus(self.minus(self.plus(p1, p4), p5), p7)
        c12, c21 = self.plus(p3, p5), self.plus(p2, p4)
        c22 = self.plus(self.minus(self.plus(p1, p3), p2), p6)
        upper = [left + right for left, right in zip(c11, c12, strict=True)]
        return upper + [left + right for left, right in zip(c21, c22, strict=True)]


def quartered(a: Matrix) -> tuple[tuple[Matrix, Matrix], tuple[Matrix, Matrix]]:
    """Upper left and right, lower left and right."""
    m, n = len(a) // 2, len(a[0]) // 2
    halves = a[:m], a[m:]
    upper, lower = (([row[:n] for row in half], [row[n:] for row in half]) for half in halves)
    return upper, lower


PLAIN = {"fp32": FLOAT32, "fp16": FLOAT16, "bf16": BFLOAT16, "fp64": FLOAT64}
TEXTBOOKS: dict[str, Textbook] = {
    **{
        name: Textbook(arithmetic := Arithmetic(target), lambda w, x, own=arithmetic: chain(w, x, own))  # type: ignore[misc]
        for name, target in PLAIN.items()
    },
    "bf16_fma": Textbook(Arithmetic(BFLOAT16), lambda w, x: chain(w, x, Arithmetic(BFLOAT16, fused=True))),
    "fp16_pairwise": Textbook(Arithmetic(FLOAT16), lambda w, x: pairwise(w, x, Arithmetic(FLOAT16))),
    "fp16_kahan": Textbook(Arithmetic(FLOAT16), lambda w, x: kahan(w, x, Arithmetic(FLOAT16))),
    "fp32_blocked2": Textbook(Arithmetic(FLOAT32), lambda w, x: blocked(w, x, Arithmetic(FLOAT32), 2)),
}


@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize("name", TEXTBOOKS)
def test_products_are_the_textbooks(name: str, levels: int) -> None:
    """On wide numbers, among them zeros of both signs; factors keep all their bits until they are added."""
    random = np.random.default_rng([levels, len(name)])
    shapes = (16, 24), (24, 8)
    w, x = (random.standard_normal(shape) * 2.0 ** random.integers(-12, 6, shape) for shape in shapes)
    w[0], x[:, 0] = -0.0, 0.0
    w, x = w.astype(np.float32), x.astype(np.float32)
    expected = TEXTBOOKS[name].times(w.astype(float).tolist(), x.astype(float).tolist(), levels)
    product = matmul_by(w, x, f"{name}_strassen{levels}")
    assert written_in(product) == written(entry for row in expected for entry in row)
    assert written_in(matmul_by(w, x, f"{name}_strassen{levels}", threads=3)) == written_in(product)
    same = matmul_by(torch.from_numpy(w), torch.from_numpy(x), f"{name}_strassen{levels}")
    assert written_in(same) == written_in(product)


def test_sums_of_factors_are_rounded_once() -> None:
    """1 + 2^-11 is the middle of two float16 numbers; 2^-60 more decides, which float64 does not see."""
    w = np.diag([1 + 2.0**-11, 2.0**-60]).astype(np.float32)
    product = matmul_by(w, np.eye(2, dtype=np.float32), "fp16_strassen1")
    expected = TEXTBOOKS["fp16"].times(w.astype(float).tolist(), np.eye(2).tolist(), 1)
    assert written_in(product) == written(entry for row in expected for entry in row)
    assert product[1, 1] != 0


@pytest.mark.parametrize("levels", [1, 2, 3, 4])
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 7), (17, 9, 33), (8, 1, 6), (16, 32, 8)])
def test_products_of_integers_are_exact(shape: tuple[int, int, int], levels: int) -> None:
    """Of any sides: those that 2^levels does not divide are filled up, and the rest is cut off."""
    m, k, n = shape
    random = np.random.default_rng([levels, *shape])
    w, x = random.integers(-9, 10, (m, k)), random.integers(-9, 10, (k, n))
    for name in (f"fp32_strassen{levels}", f"fp64_fma_strassen{levels}"):
        product = matmul_by(w.astype(np.float32), x.astype(np.float32), name)
        assert np.array_equal(product, w @ x)
    vector = matmul_by(w.astype(np.float32), x[:, 0].astype(np.float32), f"fp32_strassen{levels}")
    assert np.array_equal(vector, w @ x[:, 0])


def error(w: Array, x: Array, name: str) -> float:
    """The Frobenius norm of what is wrong; the exact product from rational numbers."""
    rows = [[Fraction(float(entry)) for entry in row] for row in w]
    columns = [[Fraction(float(entry)) for entry in column] for column in x.T]
    exact = [[sum(map(Fraction.__mul__, row, column), Fraction(0)) for column in columns] for row in rows]
    product = matmul_by(w, x, name).tolist()
    wrong = [float(Fraction(product[i][j]) - exact[i][j]) for i in range(len(rows)) for j in range(len(columns))]
    return float(np.linalg.norm(wrong))


@pytest.mark.parametrize("name", ["fp32", "fp16", "bf16_fma"])
def test_errors_grow_with_levels(name: str) -> None:
    """On the average over matrices, as the bound does (Higham 2002, theorem 23.2); on N(0, 1) each level adds some."""
    random = np.random.default_rng(6)
    errors = np.zeros(4)
    for _ in range(12):
        w, x = random.standard_normal((2, 16, 16)).astype(np.float32)
        errors += [error(w, x, name), *(error(w, x, f"{name}_strassen{levels}") for levels in (1, 2, 3))]
    assert np.all(errors[1:] > 1.1 * errors[:-1])


def test_small_entries_lose_most() -> None:
    """A small block beside a large one is lost in Strassen's product, and not in the conventional one (Miller 1975)."""
    w = np.eye(2, dtype=np.float32)
    x = np.array([[1, 2.0**12], [2.0**12, 2.0**24]], np.float32) / np.float32(2.0**12)
    x[0, 0] = np.float32(2.0**-20)
    assert matmul_by(w, x, "fp16")[0, 0] == 2.0**-20
    assert matmul_by(w, x, "fp16_strassen1")[0, 0] != 2.0**-20
