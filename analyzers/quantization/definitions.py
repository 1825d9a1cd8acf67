"""What the measurements of the `quantization` analyzer mean."""

from typing import Final

from precisionlab.analysis.definitions import Better, Definition
from precisionlab.analysis.literature import CROCI_2022, GRAY_NEUHOFF_1998

FRANTAR_2022: Final = (
    "Frantar and Alistarh (2022), Optimal brain compression: a framework for accurate post-training quantization and pruning, "
    "Advances in Neural Information Processing Systems 35"
)
LECUN_1990: Final = (
    "LeCun, Denker and Solla (1990), Optimal brain damage, Advances in Neural Information Processing Systems 2, 598-605"
)
LI_2016: Final = "Li, Zhang and Liu (2016), Ternary weight networks, arXiv:1605.04711"
LIN_2016: Final = (
    "Lin, Talathi and Annapureddy (2016), Fixed point quantization of deep convolutional networks, "
    "Proceedings of Machine Learning Research 48, 2849-2858"
)
MAX_1960: Final = "Max (1960), Quantizing for minimum distortion, IRE Transactions on Information Theory 6, 7-12"
OCP_2023: Final = "Open Compute Project (2023), OCP Microscaling Formats (MX) Specification, version 1.0"

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "sqnr",
        "signal to quantization noise ratio: `10 log10(sum x^2 / sum e^2)` of elements x and their errors e",
        Better.HIGHER,
        GRAY_NEUHOFF_1998,
    ),
    Definition(
        "worst_sqnr",
        "signal to quantization noise ratio of the tensor that loses most",
        Better.HIGHER,
        GRAY_NEUHOFF_1998,
    ),
    Definition("bits_per_weight", "bits that an element takes with its share of scales, zero points and padding"),
    Definition("stored_bits", "bits that all elements take with their scales, zero points and padding"),
    Definition(
        "relative_error", "`sqrt(sum e^2 / sum x^2)` of elements x and their errors e", Better.LOWER, GRAY_NEUHOFF_1998
    ),
    Definition("squared_error", "sum of the squared errors", Better.LOWER, GRAY_NEUHOFF_1998),
    Definition("cross", "sum of the elements times their errors, by which cosines of several tensors add up"),
    Definition("largest_error", "largest magnitude of an error", Better.LOWER),
    Definition(
        "largest_relative_error", "largest `|e / x|` of elements x other than 0 and their errors e", Better.LOWER
    ),
    Definition("cosine", "cosine of the angle between the elements and what they become", Better.HIGHER),
    Definition(
        "clipped_share",
        "share of the elements that lie beyond an end of the format by more than half of its last step",
        Better.LOWER,
        GRAY_NEUHOFF_1998,
    ),
    Definition("flushed_share", "share of the elements other than 0 that become 0", Better.LOWER),
    Definition(
        "lone_outlier_share",
        "share of the blocks of which one element sets the scale alone: all others are at most half as large",
        Better.LOWER,
        OCP_2023,
    ),
    Definition(
        "output_error",
        "root mean square of the error of an output of y = W x, for inputs of unit variance that are not correlated: "
        "`sqrt(sum e^2 / rows)` of the errors e of the weight",
        Better.LOWER,
        LIN_2016,
    ),
    Definition(
        "calibrated_error",
        "relative error of outputs for inputs of the second moments in `--calibration`: `sqrt(sum h e^2 / sum h x^2)` of elements "
        "x and their errors e, h the moment of the input channel",
        Better.LOWER,
        FRANTAR_2022,
    ),
    Definition(
        "weighted_loss",
        "`sum w e^2` of errors e with the weights w of `--sensitivity`: what the loss of the model grows by, to second order and up to a "
        "factor",
        Better.LOWER,
        LECUN_1990,
    ),
    Definition("scale", "scale of an element format, by which elements are divided"),
    Definition(
        "drawn_variance",
        "the part of the mean squared error that is drawn, under `rounding=stochastic` and `dithered`",
        Better.LOWER,
        CROCI_2022,
    ),
    Definition("elements", "finite elements"),
    Definition("nonzero", "finite elements other than 0"),
    Definition("non_finite", "infinities and NaN, which are left out of everything else", Better.LOWER),
    Definition("energy", "sum of the squared finite elements"),
    Definition(
        "discrete_relative_error",
        "relative error of {-s, s} and {-s, 0, s}: `mean` has s the mean magnitude (XNOR-Net), `threshold` zeros below 0.7 of "
        "it (TWN), `absmean` x / mean rounded (1.58-bit models), `optimum` least squared error",
        Better.LOWER,
        LI_2016,
    ),
    Definition(
        "discreteness",
        "relative distance from the nearest of {-s, 0, s} at the best s: 0 for ternary weights",
        source=LI_2016,
    ),
    Definition(
        "discreteness_over_gaussian",
        "relative distance from the nearest of {-s, 0, s} over that of Gaussian weights, which is 0.436",
        source=MAX_1960,
    ),
)
