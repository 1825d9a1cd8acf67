"""What the measurements of the `lowrank` analyzer mean."""

from typing import Final

from precisionlab.analysis.definitions import Better, Definition, beside_draws
from precisionlab.analysis.literature import ECKART_YOUNG_1936, GRAY_NEUHOFF_1998

GRASEDYCK_2010: Final = (
    "Grasedyck (2010), Hierarchical singular value decomposition of tensors, "
    "SIAM Journal on Matrix Analysis and Applications 31, 2029-2054"
)
OSELEDETS_2011: Final = (
    "Oseledets (2011), Tensor-train decomposition, SIAM Journal on Scientific Computing 33, 2295-2317"
)
VANNIEUWENHOVEN_2012: Final = (
    "Vannieuwenhoven, Vandebril and Meerbergen (2012), A new truncation strategy for the higher-order singular value "
    "decomposition, SIAM Journal on Scientific Computing 34, A1027-A1052"
)

SAMPLED: Final = (
    ("svd", "the best factors of a rank", ECKART_YOUNG_1936),
    ("tucker", "Tucker's decomposition", VANNIEUWENHOVEN_2012),
    ("tensor_train", "a tensor train", OSELEDETS_2011),
    ("hierarchical_tucker", "a hierarchical Tucker decomposition", GRASEDYCK_2010),
)
"""Ways that stand beside random matrices, in words, and where they are from."""

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "break_even_rank", "mn / (m + n), at which factors take as many numbers as the matrix", source=ECKART_YOUNG_1936
    ),
    Definition(
        "numbers",
        "numbers that a way takes for a relative error of at most 1, 5, 10 %, over those of the tensor; over 1 it costs more "
        "than the tensor",
        Better.LOWER,
    ),
    Definition(
        "error",
        "least error `|W - A| / |W|` of a way that takes at most a half, a quarter, an eighth of the numbers; 1 where none is "
        "so small",
        Better.LOWER,
    ),
    Definition("rank", "least rank of the best factors of the matrix for a relative error", source=ECKART_YOUNG_1936),
    Definition("format_error", "relative error of the weight in a format", Better.LOWER, GRAY_NEUHOFF_1998),
    Definition("format_bits", "bits that an element takes in a format, scales counted"),
    Definition("best", "what loses least of all ways and formats that take at most a share of the stored bits"),
    Definition(
        "best_error",
        "relative error of what loses least of all ways and formats that take at most a share of the stored bits",
        Better.LOWER,
    ),
    *(
        one
        for name, words, source in SAMPLED
        for one in beside_draws(
            Definition(
                f"sample_error_{name}",
                f"error of {words} at a quarter of the numbers, of a part of at most `lowrank.sample` rows and columns",
                source=source,
            )
        )
    ),
    Definition("tensors", "tensors that were looked at"),
    Definition("wins", "tensors of which a way or format loses least at a share of the stored bits"),
)
