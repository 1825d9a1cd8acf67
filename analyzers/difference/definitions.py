"""What the measurements of the `difference` analyzer mean."""

from precisionlab.analysis.definitions import Better, Definition

ULP = "Muller et al., Handbook of Floating-Point Arithmetic, 2nd ed., Birkhäuser 2018, section 2.3"
NORM = "Golub and Van Loan, Matrix Computations, 4th ed., Johns Hopkins 2013, section 2.3"
ROUNDING = "IEEE 754-2019, clause 4.3"

LOWER = Better.LOWER

DEFINITIONS = (
    Definition(
        "relative_difference",
        "norm of A - B over that of B, Euclidean, A here and B there; 0 where both are 0, infinite where only B is",
        source=NORM,
    ),
    Definition("same_bytes", "whether type and every byte are the same, in shapes that are but for axes of one index"),
    Definition("same_shape", "whether both have the same shape"),
    Definition("same_dtype", "whether both are stored in the same type"),
    Definition("dequantized", "told where one of both is codes in its file, and its scales were applied"),
    Definition(
        "compared_rows", "first indices that both have, where shapes differ in the first axis: those are compared"
    ),
    Definition("reference_name", "what the tensor is called in the other checkpoint, where it has another name there"),
    Definition("numbers", "numbers that are compared: of a complex element two"),
    Definition(
        "changed",
        "numbers of other bits; of different types those of another value, any NaN being like any other",
    ),
    Definition("changed_share", "share of the numbers that changed"),
    Definition("largest_difference", "largest magnitude of a difference between numbers that are finite on both sides"),
    Definition("cosine", "cosine of the angle between A and B, each as one vector; absent of zeros", source=NORM),
    Definition("one_ulp_apart", "numbers that are neighbours in their type, where both have one type", source=ULP),
    Definition(
        "largest_distance",
        "most numbers of the type that one must step over from one number to its counterpart; -0 and 0 are 0 apart",
        source=ULP,
    ),
    Definition("sign_flips", "numbers that are positive on one side and negative on the other"),
    Definition("zero_sign_flips", "zeros of another sign"),
    Definition("became_nan", "numbers that are NaN here and not there", LOWER),
    Definition("were_nan", "numbers that are NaN there and not here"),
    Definition("became_infinite", "numbers that are infinite here and finite there", LOWER),
    Definition("were_infinite", "numbers that are infinite there and finite here"),
    Definition("difference_norm", "Euclidean norm of A - B", source=NORM),
    Definition("norm", "Euclidean norm of A", source=NORM),
    Definition("reference_norm", "Euclidean norm of B", source=NORM),
    Definition(
        "explained_by_cast",
        "the finest format of which rounding explains every difference: of B (`way=here`), of A (`way=there`), or of "
        "both (`way=both`); absent where none does",
        source=ROUNDING,
    ),
    Definition(
        "within_roundings",
        "of two types: whether no number is farther from its counterpart than half a unit in the last place of each, so "
        "that both may be the same numbers, rounded",
        source=ULP,
    ),
    Definition("tensors_same", "tensors of the same bytes, under whatever names"),
    Definition("tensors_equal", "tensors of the same numbers in another type"),
    Definition("tensors_changed", "tensors of one shape in which numbers changed"),
    Definition("tensors_reshaped", "tensors of another shape: they are in no total"),
    Definition("tensors_dequantized", "tensors that are codes on one side, compared with their scales applied"),
    Definition("tensors_quantized", "weights that are stored quantized on one side, and are not compared"),
    Definition("tensors_uncompared", "tensors that are complex on one side and real on the other"),
    Definition("tensors_only_here", "tensors that have no counterpart in the other checkpoint"),
    Definition("tensors_only_there", "tensors of the other checkpoint that have no counterpart here"),
    Definition("tensors_renamed", "tensors whose counterpart has another name, whatever else became of them"),
)
