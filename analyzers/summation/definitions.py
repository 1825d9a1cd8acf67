"""What the measurements of the `summation` analyzer mean."""

from typing import Final

from precisionlab.analysis.definitions import Better, Definition
from precisionlab.analysis.literature import CROCI_2022, HIGHAM_2002

KHINTCHINE_1923: Final = "Khintchine (1923), Über dyadische Brüche, Mathematische Zeitschrift 18, 109-116"
OGITA_2005: Final = (
    "Ogita, Rump and Oishi (2005), Accurate sum and dot product, SIAM Journal on Scientific Computing 26, 1955-1988"
)

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "digits",
        "right decimal digits: -log10 of `|sum - exact| / |exact|`, from 0 to those of the format (7.2 of float32, 3.3 of "
        "float16, 2.4 of bfloat16); 0 where the sum is infinite or NaN",
        Better.HIGHER,
        HIGHAM_2002,
    ),
    Definition("digits_gained", "right decimal digits beyond those of the recursive sum", source=OGITA_2005),
    Definition(
        "overflowed_share",
        "share of the sums that are infinite or NaN though all terms are numbers; only where there are any",
        Better.LOWER,
    ),
    Definition(
        "absorbed_share",
        "share of the terms other than 0 that leave the recursive sum as it is: stagnation",
        Better.LOWER,
        CROCI_2022,
    ),
    Definition(
        "term_rounding_error",
        "how far rounding the terms to the format moves the exact sum, over that: 1 where all become 0, infinite where they "
        "overflow",
        Better.LOWER,
        HIGHAM_2002,
    ),
    Definition(
        "condition_median",
        "median over the sums of the sum of magnitudes over the magnitude of the sum, of the stored terms: by how much relative "
        "errors grow; NaN where products of float64 overflow",
        Better.LOWER,
        OGITA_2005,
    ),
    Definition(
        "condition_largest",
        "largest sum of magnitudes over the magnitude of the sum, of the stored terms: by how much relative errors grow",
        Better.LOWER,
        OGITA_2005,
    ),
    Definition(
        "sum_over_chance",
        "magnitude of the sum over the root of the sum of its terms' squares: below 1 it is as small as random signs make it, "
        "and its digits mean little",
        source=KHINTCHINE_1923,
    ),
    Definition("terms", "terms of a sum"),
    Definition("sums", "how many sums were computed"),
    Definition("non_finite", "elements that are infinite or NaN, in whose places zeros are", Better.LOWER),
    Definition("fewest_digits", "right decimal digits of the tensor that keeps fewest", Better.HIGHER),
    Definition(
        "median_digits",
        "right decimal digits, the median of all tensors; of an even number the lower of the two in the middle",
        Better.HIGHER,
    ),
)
