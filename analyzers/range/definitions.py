"""What the measurements of the `range` analyzer mean."""

from typing import Final

from precisionlab.analysis.definitions import Better, Definition
from precisionlab.analysis.literature import IEEE_754, SHANNON_1948

DETTMERS_2022: Final = (
    "Dettmers, Lewis, Belkada and Zettlemoyer (2022), LLM.int8(): 8-bit matrix multiplication for transformers at scale, "
    "Advances in Neural Information Processing Systems 35"
)
JOANES_GILL_1998: Final = (
    "Joanes and Gill (1998), Comparing measures of sample skewness and kurtosis, The Statistician 47, 183-189"
)

DEFINITIONS: tuple[Definition, ...] = (
    Definition("elements", "elements counted; complex numbers count as two"),
    Definition("zeros", "elements that are 0 of either sign"),
    Definition("zeros_share", "share of the elements that are 0 of either sign"),
    Definition("subnormals", "elements that are subnormal, with fewer significant bits", Better.LOWER, IEEE_754),
    Definition("subnormals_share", "share of the elements that are subnormal", Better.LOWER, IEEE_754),
    Definition("infinities", "elements that are infinite", Better.LOWER, IEEE_754),
    Definition("infinities_share", "share of the elements that are infinite", Better.LOWER, IEEE_754),
    Definition("nans", "elements that are NaN", Better.LOWER, IEEE_754),
    Definition("nans_share", "share of the elements that are NaN", Better.LOWER, IEEE_754),
    Definition("negative_zeros", "elements that are -0, a part of the zeros", source=IEEE_754),
    Definition(
        "signalling_nans", "elements that are NaN with a clear quiet bit, a part of the NaNs", Better.LOWER, IEEE_754
    ),
    Definition(
        "non_canonical_patterns",
        "NaNs with a payload or a clear quiet bit, NaN-boxed numbers, and boolean bytes over 1",
        Better.LOWER,
        IEEE_754,
    ),
    Definition("smallest_magnitude", "smallest magnitude of the finite non-zero elements"),
    Definition("largest_magnitude", "largest magnitude of the finite non-zero elements"),
    Definition("dynamic_range", "log2 of the largest over the smallest magnitude of the finite non-zero elements"),
    Definition("mean", "mean of the finite elements"),
    Definition("variance", "mean squared distance of the finite elements from their mean: divided by n"),
    Definition(
        "skewness",
        "third central moment of the finite elements over the 3/2 power of the variance: 0 for normal deviates",
        source=JOANES_GILL_1998,
    ),
    Definition(
        "kurtosis",
        "fourth central moment of the finite elements over the squared variance: 3 for normal deviates",
        source=JOANES_GILL_1998,
    ),
    Definition(
        "entropy", "entropy of the sign, exponent or mantissa field, or of the whole bit pattern", source=SHANNON_1948
    ),
    Definition(
        "entropy_is_upper_bound",
        "true where low mantissa bits were not counted, so that the entropies of mantissa and pattern are at most these",
    ),
    Definition(
        "lossless_share",
        "entropy of the bit pattern over stored bits: the size that ideal lossless coding of single elements could reach, "
        "the code's own table not counted",
        source=SHANNON_1948,
    ),
    Definition("distinct_values", "distinct bit patterns"),
    Definition("distinct_values_above", "number that the distinct bit patterns exceed, where they are not counted"),
    Definition("trailing_zero_bits", "low mantissa bits that no finite element uses"),
    Definition(
        "narrowest_format",
        "narrowest catalogued formats that hold every element without rounding; 32-bit integers are not looked for in float64 "
        "with more than 65,536 distinct values",
    ),
    Definition("narrowest_bits", "bits of the narrowest catalogued formats that hold every element without rounding"),
    Definition(
        "cast_overflows",
        "finite non-zero elements that an unscaled cast to nearest even turns beyond the format's largest number; `int8` is "
        "symmetric, -127 to 127",
        Better.LOWER,
        IEEE_754,
    ),
    Definition(
        "cast_underflows",
        "finite non-zero elements that an unscaled cast to nearest even turns into zero",
        Better.LOWER,
        IEEE_754,
    ),
    Definition(
        "cast_subnormals",
        "finite non-zero elements that an unscaled cast to nearest even turns into a subnormal",
        Better.LOWER,
        IEEE_754,
    ),
    Definition(
        "cast_exact",
        "finite non-zero elements that an unscaled cast to nearest even leaves as they are",
        Better.HIGHER,
        IEEE_754,
    ),
    Definition(
        "channel_amax_ratio",
        "largest channel's largest magnitude over the median channel's, along the first and second axis",
        Better.LOWER,
        DETTMERS_2022,
    ),
    Definition("dead_channels", "channels of at least two elements that hold nothing but zeros", Better.LOWER),
    Definition(
        "constant_channels",
        "channels of at least two elements that hold one number other than 0 throughout",
        Better.LOWER,
    ),
    Definition("digest", "fingerprint of counts and channel extremes; equal tensors have equal ones"),
    Definition("duplicate_bytes", "bytes of tensors that are copies of others in the checkpoint", Better.LOWER),
)
