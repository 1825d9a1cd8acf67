"""The rules of the `range` analyzer; their explanations are the documentation's pages."""

from precisionlab.analysis.rules import Rule, Severity

NAN = Rule(
    "PL001",
    "nan",
    Severity.ERROR,
    "tensor holds NaN",
    "find the step that produced it (overflow, 0/0, a failed merge) and restore the tensor from before",
    """Fires when at least one element is NaN.

One NaN in a weight turns every output that depends on it into NaN. Typical causes are a
loss that overflowed in float16, a division by a zero norm while merging, and a file that
was read with the wrong dtype. The finding counts quiet and signalling NaNs apart: only
hardware faults and misread bytes leave signalling ones.

**What to do.** Look whether the tensor was finite in an earlier checkpoint. Do not replace
NaN by zero before you know where it comes from.""",
)
INFINITY = Rule(
    "PL002",
    "infinity",
    Severity.ERROR,
    "tensor holds infinities",
    "clamp or rescale before the cast that overflowed, or restore the tensor; ignore it for mask buffers",
    """Fires when at least one element is an infinity.

In weights infinities come from an overflowing cast or update. A mask that adds minus
infinity to attention scores is a buffer, not a weight, and is fine: leave it out with
`--exclude`.

**What to do.** Compare the largest finite magnitude with the format's: if it is near, the
cast overflowed, and a scale or a wider format mends it.""",
)
NON_CANONICAL = Rule(
    "PL003",
    "non-canonical-patterns",
    Severity.WARNING,
    "tensor holds bit patterns that its type's arithmetic does not produce",
    "check that the file was written with the dtype that it states",
    """Fires for NaNs with a payload or a clear quiet bit, for NaN-boxed numbers (the upper half of a
float32 or float64 all ones, the lower half a narrower number, as RISC-V registers hold it),
and for boolean bytes other than 0 and 1.

Arithmetic produces canonical NaNs: the quiet bit alone on most processors, all mantissa bits on
NVIDIA's GPUs and in torch's E5M2. Other patterns say that bytes of another type were
stored under this one, or that memory was corrupted. Libraries disagree on what a boolean
byte of 2 means.

**What to do.** Read the tensor as the narrower type, or with the other byte order, and see
whether it then looks like weights.""",
)
ALL_ZERO = Rule(
    "PL010",
    "all-zero",
    Severity.WARNING,
    "every element is zero",
    "check that the tensor was trained and saved; drop it if it is meant to be zero",
    """Fires when a float tensor of at least two elements holds only zeros, of either sign.

Some tensors are zero by design: fresh biases, the second factor of an untrained adapter.
Elsewhere it means a shard that was never written, or a layer that was pruned away and
still costs its bytes and multiplications.""",
)
DEAD_CHANNELS = Rule(
    "PL011",
    "dead-channels",
    Severity.WARNING,
    "channels hold nothing but zeros",
    "prune the channels, or find out why they died; padding rows of an embedding are expected",
    """Fires when a tensor that is not all zero has slices along its first axis (output channels of a
linear layer or convolution, rows of an embedding) or its second axis (input channels) of at least
two elements that hold only zeros.

A dead channel costs memory and time and, under per-channel quantization, a division by a
zero scale. The row of a padding token is zero by design.""",
)
CONSTANT_CHANNELS = Rule(
    "PL012",
    "constant-channels",
    Severity.NOTE,
    "channels hold one and the same number throughout",
    "check that these channels were trained",
    """Fires when every bit pattern of a slice along the first or second axis, of at least two elements,
is the same and not zero; once where the whole tensor is constant.

Trained channels are not constant: these were initialised so, or overwritten. Scales (unsigned
formats) are not judged.""",
)
OUTLIER_CHANNELS = Rule(
    "PL013",
    "outlier-channels",
    Severity.WARNING,
    "one channel's largest magnitude dwarfs the median channel's",
    "quantize per channel or group along this axis, or smooth the channel into its neighbour layer",
    """Fires when the largest magnitude in a channel exceeds the median channel's by the factor
`range.max_channel_ratio` (16 by default: four bits).

Where the median channel holds nothing but zeros there is nothing to compare with, and the rule is
silent (PL011 is not). Under one scale for the tensor the outlier sets the scale, and the median channel loses
log2 of that ratio in bits. Along the first axis per-channel scales cure it; along the second
they do not, and SmoothQuant or a rotation does (Xiao et al. 2023, arXiv:2211.10438).""",
)
SUBNORMALS = Rule(
    "PL020",
    "subnormals",
    Severity.WARNING,
    "tensor stores many subnormal values",
    "rescale the tensor, or keep it in a format with more exponent bits",
    """Fires when more than `range.max_subnormal_share` of the elements are subnormal (1 % by default).

Below the smallest normal number a format has no more exponents: precision falls bit by bit
to nothing. Many accelerators flush subnormals to zero (FTZ, DAZ), so that these elements may
be zero in production though they are not here; on CPUs arithmetic with them can be many
times slower.""",
)
OVERFLOW = Rule(
    "PL021",
    "float16-overflow",
    Severity.WARNING,
    "a cast to float16 would overflow",
    "scale the tensor before the cast, or cast to bfloat16",
    """Fires when at least one finite element of a wider type rounds beyond 65504, the largest float16:
magnitudes of 65520 and more.

Such elements become infinities, and the outputs NaN. Models trained in bfloat16 have them
where no loss scaling kept activations and norms small.""",
)
UNDERFLOW = Rule(
    "PL022",
    "cast-underflow",
    Severity.WARNING,
    "a cast would turn many values into zero",
    "scale the tensor before the cast, or choose a format with more exponent bits",
    """Fires when more than `range.max_underflow_share` of the non-zero elements would round to zero in
`range.underflow_format` (float16 by default, where that is below 2^-25).

Second moments of an optimizer lie there: cast to float16 they vanish, and the next update
divides by zero.""",
)
UNUSED_PRECISION = Rule(
    "PL030",
    "unused-precision",
    Severity.WARNING,
    "a narrower format holds every value exactly",
    "store it in the narrower format: nothing is lost",
    """Fires when a catalogued format of fewer bits holds each element without rounding, in tensors of at
least `range.min_elements` finite elements and `range.min_distinct` distinct values.

The usual case is float32 written from bfloat16 weights: half of the bytes are zero and hold
no information. The message names the formats of the fewest bits, and the share of bits that could
go. tfloat32, where it is named, is no format to store: then 13 bits of float32 are zero throughout,
which a compressor takes away and tensor cores do not miss.""",
)
INTEGER_GRID = Rule(
    "PL031",
    "integer-grid",
    Severity.NOTE,
    "the values are integers times one step",
    "quantize with this step to lose nothing; quantizing to another grid rounds twice",
    """Fires when all finite values of a float tensor are integer multiples of one step, the largest of
them within `range.grid_bits` signed bits (8 by default), exactly or but for one rounding of
each product to the stored type; in tensors of at least `range.min_elements` finite elements. Not
where so few values, or values so close together, would lie on such a grid by accident.

Such a tensor was quantized and written back. It can be stored in that many bits without any
loss; another quantizer's grid would round it a second time.""",
)
SHARED_STORAGE = Rule(
    "PL040",
    "shared-storage",
    Severity.NOTE,
    "tensors share their bytes",
    "nothing to do where they are tied on purpose; break the tie before changing one of them",
    """Fires when two names of a checkpoint are views of the same stored bytes, such as an embedding and
the output head tied to it. Totals count such bytes once.

A tool that copies tensors by name unties them: the file grows, and training moves them apart.""",
)
STORED_TWICE = Rule(
    "PL041",
    "stored-twice",
    Severity.WARNING,
    "tensors of the same bytes are stored more than once",
    "tie them, or store one",
    """Fires when tensors of one dtype and shape and at least `range.min_duplicate_bytes` hold the same
bytes at different places of the file. Constant tensors are not compared. Candidates are found
by their census and compared byte by byte.

Often a tie that was lost while saving; sometimes a layer that was copied and not trained.""",
)
MIXED_DTYPES = Rule(
    "PL050",
    "mixed-dtypes",
    Severity.WARNING,
    "sibling tensors have different dtypes",
    "cast the odd ones to their siblings' dtype, unless the mix is meant",
    """Fires when tensors whose names differ only in numbers, such as `layers.3.mlp.weight` and
`layers.4.mlp.weight`, are stored in different dtypes.

Usually a cast or a merge missed some layers. Deliberate mixed precision (a few layers kept
wide by a quantizer) is reported as well: ignore the rule there.""",
)

RULES = (
    NAN,
    INFINITY,
    NON_CANONICAL,
    ALL_ZERO,
    DEAD_CHANNELS,
    CONSTANT_CHANNELS,
    OUTLIER_CHANNELS,
    SUBNORMALS,
    OVERFLOW,
    UNDERFLOW,
    UNUSED_PRECISION,
    INTEGER_GRID,
    SHARED_STORAGE,
    STORED_TWICE,
    MIXED_DTYPES,
)
