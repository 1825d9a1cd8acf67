"""The rules of the `quantization` analyzer."""

from precisionlab.analysis.rules import Rule, Severity

LOW_SQNR = Rule(
    "PL101",
    "low-sqnr",
    Severity.WARNING,
    "the target format loses too much of the tensor",
    "keep the tensor wider, take smaller groups, or look at its channels in the report",
    """Fires when the ratio of signal to quantization noise of a tensor in the target format
(`quantization.target`) is below `quantization.min_sqnr_db`. Without a target it is INT8 by channel, where that
is among the formats, for which the threshold is made; name both to judge another one. It also fires for any
format asked for that leaves nothing of a tensor: all elements become zero, or its scales overflow.

With x the elements and q what they become, it is 10 log10(sum x^2 / sum (q - x)^2) dB. 20 dB are a
relative error of 10 %, 25 dB 5.6 %, 30 dB 3.2 %. Gaussian weights reach 41 dB in INT8 by channel, 31.5 dB
in FP8 E4M3, 19 dB in INT4 with groups of 128; a tensor far below that has outliers, or rows of very
different scale. Channels of at least `quantization.min_outlier_ratio` times the median root mean square, which
set the scale of all others, are named: take smaller groups, or move them out.

What the loss does to a model it does not say: that needs a sensitivity (docs/calibration.md).""",
)

OUTLIERS_SPOIL_BLOCKS = Rule(
    "PL102",
    "outliers-spoil-blocks",
    Severity.WARNING,
    "outliers make blocks lose more than an element format of no more bits",
    "take a float element, smaller groups, or move the outliers out of the tensor (rotation, smoothing)",
    """Fires when a block format loses at least `quantization.max_outlier_loss_db` more than an element format
of no more bits under one scale for the whole tensor, and a single element sets the scale of more than
`quantization.max_lone_share` of its blocks.

A scale is set by the largest magnitude of its block. Where all other elements are at most half as large,
a bit of every one of them is spent for that one. Smaller blocks confine the damage; float elements
suffer less, since their steps shrink with the numbers. Up to 1.5 dB MX formats lose without any outlier, since
their scales are powers of two.""",
)

CLIPPED = Rule(
    "PL103",
    "clipped",
    Severity.WARNING,
    "a format clips more elements than it should",
    "take a format whose scale follows the largest magnitude, or of wider range",
    """Fires when any of the formats clips more than `quantization.max_clipped_share` of a tensor: elements beyond an
end of the format by more than half of its last step, whose error is larger than rounding makes. Scales of least
squared error (`:mse`) clip on purpose and are left out.

Scales by the largest magnitude clip nothing. Powers of two chosen by floor, as the MX formats have
them, clip what lies between the format's largest number and the next power of two: up to 1.2 % of Gaussian weights
in MXFP4, but 12.5 % of uniform ones that end just below a power of two, as fresh ones of 64 or 256 inputs do
(within 1/sqrt(inputs)); MXFP8 E4M3 clips 9.4 % of those. Rules that round scales up (`mxfp4_ceil`,
`mxfp4_rceil`) clip none. A plain cast (`:none`) clips what the format does not reach.""",
)

ALREADY_QUANTIZED = Rule(
    "PL104",
    "already-quantized",
    Severity.NOTE,
    "the values sit on the grid of a quantizer",
    "quantize from the original weights, or store the tensor in the format that it has",
    """Fires when the stored floats of a tensor are what a quantizer of few bits wrote back: in every block
that was looked at they are multiples of one step, or entries of a table times one scale, but for the
rounding of the stored type. The message names the likely format, the length of its groups and the typical
step.

Quantizing such a tensor to another format adds the errors of both, and its figures here say little about
the original. Stored as it is, it wastes most of its bits. A sample of rows is looked at; grids whose
steps the stored type rounds away cannot be told, nor groups that run down columns or were reordered.""",
)

RULES = (LOW_SQNR, OUTLIERS_SPOIL_BLOCKS, CLIPPED, ALREADY_QUANTIZED)
