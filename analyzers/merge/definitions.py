"""What the measurements of the `merge` analyzer mean."""

from typing import Final

from precisionlab.analysis.definitions import Better, Definition
from precisionlab.analysis.literature import HIGHAM_2002, IEEE_754, ILHARCO_2023, MULLER_2018

WORTSMAN_2022: Final = (
    "Wortsman, Ilharco, Gadre, Roelofs, Gontijo-Lopes, Morcos, Namkoong, Farhadi, Carmon, Kornblith and Schmidt (2022), Model "
    "soups: averaging weights of multiple fine-tuned models improves accuracy without increasing inference time, "
    "39th International Conference on Machine Learning"
)

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "checkpoints", "checkpoints that are merged, the base and the tensor's own among them", source=WORTSMAN_2022
    ),
    Definition("tensors", "tensors that were merged"),
    Definition("numbers", "numbers that were looked at"),
    Definition("left_out", "numbers that are not finite in all checkpoints"),
    Definition("beyond", "numbers whose exact result M is beyond the ends of the precision", Better.LOWER),
    Definition("merged_norm", "Euclidean norm of the exact result M", source=WORTSMAN_2022),
    Definition(
        "update_norm", "Euclidean norm of what the exact result changes in the base, `M - A`", source=ILHARCO_2023
    ),
    Definition("unavoidable_error", "error of the exact result M correctly rounded, over its norm", source=IEEE_754),
    Definition(
        "unavoidable_over_update",
        "error of the exact result M correctly rounded, over `|M - A|`; absent where that is 0",
        source=IEEE_754,
    ),
    Definition(
        "relative_error",
        "error over the norm of the exact result M: the mean of all checkpoints (`merge=average`), or the base with the scaled "
        "differences of all others from it (`merge=task`)",
        Better.LOWER,
        HIGHAM_2002,
    ),
    Definition(
        "error_over_rounding",
        "norm of the error over the root of the sum of `ulp^2 / 12`, which rounding once takes on average",
        Better.LOWER,
        HIGHAM_2002,
    ),
    Definition(
        "error_over_update", "norm of the error over `|M - A|`; absent where that is 0", Better.LOWER, ILHARCO_2023
    ),
    Definition("bias", "sum of the errors away from zero over that of the magnitudes of M", source=HIGHAM_2002),
    Definition(
        "mean_error",
        "mean magnitude of the error, in units in the last place of the precision at M",
        Better.LOWER,
        MULLER_2018,
    ),
    Definition(
        "largest_error",
        "largest magnitude of the error, in units in the last place of the precision at M",
        Better.LOWER,
        MULLER_2018,
    ),
    Definition("wrong", "numbers that are not M correctly rounded", source=IEEE_754),
    Definition("wrong_share", "share of the numbers that are not M correctly rounded", Better.LOWER, IEEE_754),
    Definition(
        "overflows",
        "numbers that are not finite where M correctly rounded is; they are in no other figure but `wrong`",
        Better.LOWER,
        IEEE_754,
    ),
)
