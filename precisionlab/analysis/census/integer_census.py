"""A census of wide integers with too many distinct patterns to list: their extent and zeros."""

import math

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.census.records import Census, Entropies, Moments, Specials
from precisionlab.formats import IntegerFormat


def census_of_extent(  # noqa: PLR0913, PLR0917 - all that is known
    format_: IntegerFormat, n_elements: int, zeros: int, minimum: int, maximum: int, set_bits: NDArray[np.int64]
) -> Census:
    """The census that knows how many zeros there are, between which integers the elements lie, and their set bits.

    Entropies are then bounded by the width of the interval, moments and the smallest magnitude are NaN.
    """
    bits = math.log2(maximum - minimum + 1)
    return Census(
        format=format_,
        n_elements=n_elements,
        specials=Specials(positive_zeros=zeros),
        values=np.empty(0),
        counts=np.empty(0, np.int64),
        is_exact=False,
        patterns=None,
        pattern_counts=None,
        exponents=np.empty(0, np.int64),
        exponent_counts=np.empty(0, np.int64),
        smallest_magnitude=np.nan,
        largest_magnitude=float(max(abs(minimum), abs(maximum))),
        moments=Moments(np.nan, np.nan, np.nan, np.nan),
        entropies=Entropies(0.0, 0.0, bits, bits, is_upper_bound=True),
        trailing_zeros=0,
        set_bits=set_bits,
    )
