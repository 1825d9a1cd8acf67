"""What the measurements of the `bits` analyzer mean."""

from typing import Final

from precisionlab.analysis.definitions import Better, Definition
from precisionlab.analysis.literature import IEEE_754, SHANNON_1948

HONG_2019: Final = (
    "Hong, Frigo, Kaya, Giuffrida and Dumitras (2019), Terminal brain damage: exposing the graceless degradation in deep "
    "neural networks under hardware fault attacks, 28th USENIX Security Symposium, 497-514"
)

DEFINITIONS: tuple[Definition, ...] = (
    Definition("elements", "elements counted; complex numbers count as two"),
    Definition(
        "mantissa_bits_in_use",
        "mantissa bits without those at the low end that no finite element uses",
        source=IEEE_754,
    ),
    Definition("set_share", "share of the elements that have the bit set"),
    Definition(
        "bit_entropy",
        "binary entropy of the share of elements that have the bit set: 1 where half of them have, 0 where it never varies",
        source=SHANNON_1948,
    ),
    Definition(
        "flip_median_change",
        "median of `|x' - x| / |x|` when the bit is inverted; of an even number of elements the lower of the two in the middle",
        source=HONG_2019,
    ),
    Definition(
        "flip_worst_change",
        "largest `|x' - x| / |x|` when the bit is inverted; infinite where float64 does not hold it",
        source=HONG_2019,
    ),
    Definition(
        "flip_worst_value",
        "the x that changes most when the bit is inverted; of several the one with the lowest pattern",
        source=HONG_2019,
    ),
    Definition(
        "flip_to_non_finite_share",
        "share of all elements that are finite and turn into an infinity or a NaN when the bit is inverted",
        source=HONG_2019,
    ),
    Definition(
        "flip_to_finite_share",
        "share of all elements that are infinite or NaN and turn into a finite number when the bit is inverted; "
        "only where there are such",
        source=HONG_2019,
    ),
    Definition(
        "flip_zero_becomes",
        "magnitude that a zero turns into when the bit is inverted; only where there are zeros",
        source=HONG_2019,
    ),
    Definition(
        "flip_error",
        "medians and worst changes are within this share of themselves; 0 where all are exact",
        Better.LOWER,
    ),
    Definition("frequent_pattern", "one of the most frequent bit patterns; of equally frequent ones the lowest first"),
    Definition("frequent_value", "what one of the most frequent bit patterns stands for; NaNs have no value"),
    Definition("frequent_count", "elements that have one of the most frequent bit patterns"),
    Definition("frequent_share", "share of the elements that have one of the most frequent bit patterns"),
    Definition(
        "near_overflow_value",
        "one of the largest finite magnitudes of floats, without zeros; of integers one of those nearest to either end of "
        "their range, zeros too",
    ),
    Definition("near_overflow_index", "where one of the elements nearest to overflow stands; of equal ones the first"),
    Definition(
        "near_overflow_headroom",
        "log2 of the format's largest finite number over the magnitude of an element near it",
        source=IEEE_754,
    ),
    Definition("near_underflow_value", "one of the smallest non-zero magnitudes of floats"),
    Definition(
        "near_underflow_index", "where one of the elements nearest to underflow stands; of equal ones the first"
    ),
    Definition(
        "near_underflow_footroom",
        "log2 of the magnitude of an element near the format's smallest positive number over that number",
        source=IEEE_754,
    ),
    Definition(
        "near_underflow_is_subnormal", "whether one of the elements nearest to underflow is subnormal", source=IEEE_754
    ),
)
