"""What an analysis is going to take: said before it starts, so that one can stop it or ask for less."""

from dataclasses import dataclass

from precisionlab.structure.bounds import BAND_ELEMENTS


@dataclass(frozen=True, slots=True)
class Cost:
    """An estimate from a header and the options alone; right to a factor of about three."""

    operations: float = 0.0
    """Of float64 in matrix products, or what takes as long: a multiply-add counts as two."""
    memory_bytes: float = 0.0
    """Most that is held at a time beside the tensor itself."""
    most_seconds: float = 0.0
    """Wall-clock time after which parts that may explode are stopped, over and above the operations."""

    def __add__(self, other: "Cost") -> "Cost":
        """One after the other: memory is given back between them."""
        return Cost(
            self.operations + other.operations,
            max(self.memory_bytes, other.memory_bytes),
            self.most_seconds + other.most_seconds,
        )


NO_COST = Cost()


def singular_values_cost(m: int, n: int) -> Cost:
    """Of all singular values [k] of a matrix [m, n]: the Gram matrix of the short side, its eigenvalues, bands that are read."""
    k = min(m, n)
    return Cost(1.2 * m * n * k + 4.0 * k**3, 16.0 * k * k + min(4.0 * 8 * BAND_ELEMENTS, 32.0 * m * n))
