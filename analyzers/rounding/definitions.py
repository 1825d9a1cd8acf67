"""What the measurements of the `rounding` analyzer mean."""

from typing import Final

from precisionlab.analysis.definitions import Better, Definition
from precisionlab.analysis.literature import CROCI_2022, HIGHAM_2002

EFRON_STEIN_1981: Final = "Efron and Stein (1981), The jackknife estimate of variance, Annals of Statistics 9, 586-596"
HIGHAM_MARY_2019: Final = (
    "Higham and Mary (2019), A new approach to probabilistic rounding error analysis, "
    "SIAM Journal on Scientific Computing 41, A2815-A2835"
)
OETTLI_PRAGER_1964: Final = (
    "Oettli and Prager (1964), Compatibility of approximate solution of linear equations with given error bounds for "
    "coefficients and right-hand sides, Numerische Mathematik 6, 405-409"
)

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "cheapest_safe",
        "accumulator of fewest bits, and then of fewest operations a product, that keeps `rounding.min_bits`",
    ),
    Definition("spectral_norm", "largest singular value: from below, mostly to 0.1 %", source=HIGHAM_2002),
    Definition(
        "amplification",
        "largest singular value times sqrt(fan-in) over the Frobenius norm: how much a relative error of the input can grow",
        Better.LOWER,
        HIGHAM_2002,
    ),
    Definition(
        "condition_number",
        "largest over smallest singular value, of square matrices up to `rounding.max_condition_size` and those of "
        "`rounding.solves`",
        Better.LOWER,
        HIGHAM_2002,
    ),
    Definition("terms", "products that an output adds up: the fan-in"),
    Definition("sampled_rows", "rows of the matrix, each an output, that were looked at"),
    Definition("non_finite_rows", "rows that were left out, since they hold infinities, NaN or numbers beyond float32"),
    Definition(
        "condition_median",
        "median of `|W||x| / |y|`, by which the backward error grows to the forward error",
        Better.LOWER,
        HIGHAM_2002,
    ),
    Definition(
        "condition_p99",
        "99th percentile of `|W||x| / |y|`, by which the backward error grows to the forward error",
        Better.LOWER,
        HIGHAM_2002,
    ),
    Definition(
        "backward_error_largest",
        "largest `|got - y| / (|W| |x|)` of an output, y the exact one",
        Better.LOWER,
        OETTLI_PRAGER_1964,
    ),
    Definition(
        "backward_error_rms",
        "root mean square of `|got - y| / (|W| |x|)` over the outputs, y the exact ones",
        Better.LOWER,
        OETTLI_PRAGER_1964,
    ),
    Definition(
        "backward_error_rms_95",
        "half of the 95 % interval of `backward_error_rms`, by leaving out one row, and one input, at a time",
        source=EFRON_STEIN_1981,
    ),
    Definition(
        "relative_error",
        "norm of the errors of outputs over that of the outputs: the forward error",
        Better.LOWER,
        HIGHAM_2002,
    ),
    Definition(
        "relative_error_95",
        "half of the 95 % interval of `relative_error`, by leaving out one row, and one input, at a time",
        source=EFRON_STEIN_1981,
    ),
    Definition(
        "bias",
        "`mean(sign(y) (got - y)) / mean |y|` over the outputs, y the exact ones: truncation and stagnation pull toward zero, noise does not",
        source=CROCI_2022,
    ),
    Definition(
        "bias_95",
        "half of the 95 % interval of `bias`, by leaving out one row, and one input, at a time",
        source=EFRON_STEIN_1981,
    ),
    Definition("overflowed_share", "share of the outputs that are infinite or NaN", Better.LOWER),
    Definition(
        "absorbed_share",
        "share of the products other than 0 that leave a running sum as it is (first input): stagnation",
        Better.LOWER,
        CROCI_2022,
    ),
    Definition(
        "worst_bound",
        "g with `|got - y| <= g |W||x|` for every input, barring underflow (n u / (1 - n u) for a running sum); of tensor "
        "cores, subnormal factors count as the smallest normal number",
        Better.LOWER,
        HIGHAM_2002,
    ),
    Definition(
        "probable_bound",
        "g with `|got - y| <= g |W||x|` but for the probability `rounding.failure` an output; where roundings have a direction "
        "it is the worst bound",
        Better.LOWER,
        HIGHAM_MARY_2019,
    ),
    Definition("worst_bound_over_seen", "the worst bound over the largest backward error seen", source=HIGHAM_2002),
    Definition(
        "probable_bound_over_seen", "the probable bound over the largest backward error seen", source=HIGHAM_MARY_2019
    ),
    Definition(
        "bits",
        "right bits of outputs, -log2 of the forward error: the fewest on `normal`, `uniform` and `calibration`; 0 with overflow",
        Better.HIGHER,
        HIGHAM_2002,
    ),
    Definition("fewest_bits", "right bits of outputs of the layer that keeps fewest", Better.HIGHER),
    Definition("median_bits", "right bits of outputs, the median of all layers", Better.HIGHER),
    Definition("safe_share", "share of the layers whose outputs keep `rounding.min_bits`", Better.HIGHER),
    Definition(
        "bits_after_all_layers",
        "right bits behind the last layer to first order, errors of layers taken for independent and amplified as the data is; "
        "0 where one overflows",
        Better.HIGHER,
        HIGHAM_MARY_2019,
    ),
    Definition(
        "bits_after_all_layers_at_worst",
        "right bits behind the last layer to first order, errors multiplied by `amplification` at each layer; 0 where one "
        "overflows",
        Better.HIGHER,
        HIGHAM_2002,
    ),
)
