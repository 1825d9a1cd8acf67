"""What the measurements of the `delta` analyzer mean."""

from typing import Final

from precisionlab.analysis.definitions import Better, Definition
from precisionlab.analysis.literature import (
    BENAYCH_GEORGES_2012,
    ECKART_YOUNG_1936,
    GRAY_NEUHOFF_1998,
    HIGHAM_2002,
    IEEE_754,
    ILHARCO_2023,
    JOHNSTONE_2001,
    MULLER_2018,
    ROY_VETTERLI_2007,
    RUDELSON_VERSHYNIN_2007,
)

BANDEIRA_VAN_HANDEL_2016: Final = (
    "Bandeira and van Handel (2016), Sharp nonasymptotic bounds on the norm of random matrices with independent entries, "
    "Annals of Probability 44, 2479-2506"
)
DETTMERS_2023: Final = (
    "Dettmers, Pagnoni, Holtzman and Zettlemoyer (2023), QLoRA: efficient finetuning of quantized LLMs, "
    "Advances in Neural Information Processing Systems 36"
)
HU_2022: Final = (
    "Hu, Shen, Wallis, Allen-Zhu, Li, Wang, Wang and Chen (2022), LoRA: low-rank adaptation of large language models, "
    "10th International Conference on Learning Representations"
)

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "relative_update",
        "norm of the update `D = B - A` over that of the base A; 0 where nothing changed, infinite where only A is 0",
        source=ILHARCO_2023,
    ),
    Definition("numbers", "elements of the tensor"),
    Definition("changed", "elements whose update is not 0"),
    Definition("changed_share", "share of the elements whose update is not 0"),
    Definition("left_out", "elements that are not finite in both checkpoints, and are in no other figure"),
    Definition("update_norm", "Euclidean norm of the update", source=ILHARCO_2023),
    Definition("base_norm", "Euclidean norm of the base"),
    Definition("largest_update", "largest magnitude of an element's update"),
    Definition(
        "median_steps",
        "median size of the update of changed elements, in units in the last place that the format has at the base; within 3.2 %",
        source=MULLER_2018,
    ),
    Definition(
        "below_half_step",
        "share of the changed elements whose update is below half a unit in the last place that the format has at the base",
        source=MULLER_2018,
    ),
    Definition(
        "lost",
        "changed elements that have the base's own number in the format: with `way=stored` where base and sum are each rounded, "
        "`B' = A'`; with `way=added` where base and update are rounded and added there, `round(A' + D') = A'`",
        source=IEEE_754,
    ),
    Definition(
        "lost_share",
        "share of the changed elements that have the base's own number in the format",
        Better.LOWER,
        IEEE_754,
    ),
    Definition(
        "update_error",
        "`|E - D| / |D|` for what is left of the update in the format: `E = B' - A'` with `way=stored`, "
        "`E = round(A' + D') - A'` with `way=added`",
        Better.LOWER,
        HIGHAM_2002,
    ),
    Definition(
        "update_cosine",
        "cosine of the angle between the update and what is left of it; absent where nothing is",
        Better.HIGHER,
    ),
    Definition(
        "update_gain",
        "`<E, D> / <D, D>` of what is left of the update: 1 where rounding is but noise, 0 where it takes all away",
    ),
    Definition(
        "noise_ratio",
        "norm of the error of quantizing over that of the update, `|Q(B) - B| / |D|`",
        Better.LOWER,
        GRAY_NEUHOFF_1998,
    ),
    Definition(
        "quantized_error",
        "`|E - D| / |D|` for what quantizing base and sum leaves of the update, `E = Q(B) - Q(A)`",
        Better.LOWER,
    ),
    Definition("quantized_cosine", "cosine of the angle between `Q(B) - Q(A)` and the update", Better.HIGHER),
    Definition(
        "adapter_error", "error of quantizing the update by itself, `|Q(D) - D| / |D|`", Better.LOWER, GRAY_NEUHOFF_1998
    ),
    Definition(
        "weight_error",
        "error over the norm of B: of `Q(B)` with `way=together`, of `Q(A) + D` with `way=base`, of `Q(A) + Q(D)` with "
        "`way=apart`",
        Better.LOWER,
        DETTMERS_2023,
    ),
    Definition(
        "hidden_energy",
        "share of `|D|_F^2` in directions with singular values below `rms(Q(B) - B) (mn)^(1/4)`, which noise of independent "
        "elements hides; all that is beyond the known singular values counts as hidden",
        Better.LOWER,
        BENAYCH_GEORGES_2012,
    ),
    Definition("spectral_norm", "largest singular value of the update", source=HIGHAM_2002),
    Definition("stable_rank", "`|D|_F^2 / |D|_2^2` of the update", source=RUDELSON_VERSHYNIN_2007),
    Definition(
        "effective_rank",
        "exp of the entropy of the update's singular values over their sum; absent where not all are known",
        source=ROY_VETTERLI_2007,
    ),
    Definition(
        "numerical_rank",
        "singular values of the update beyond `rounding_edge`; at most as many as are known",
        source=BANDEIRA_VAN_HANDEL_2016,
    ),
    Definition("singular_values", "singular values of the update that are known"),
    Definition(
        "rounding_edge",
        "singular value that one in a thousand matrices of errors of rounding to the stored type exceeds, errors being "
        "independent and of variance `ulp^2 / 12`, twice that where the base has more significant bits; at least 1e-9 of the "
        "largest one",
        source=JOHNSTONE_2001,
    ),
    Definition(
        "break_even_rank", "`mn / (m + n)`, rounded down, beyond which two factors take more numbers than the matrix"
    ),
    Definition("adapter_numbers", "numbers that two factors of the numerical rank take, `r (m + n)`", source=HU_2022),
    Definition(
        "captured_energy",
        "share of `|D|_F^2` that so many leading directions hold; absent where they are not known",
        source=ECKART_YOUNG_1936,
    ),
    Definition(
        "rank", "least rank that holds this share of `|D|_F^2`; absent where it is not known", source=ECKART_YOUNG_1936
    ),
    Definition(
        "stored_noise",
        "norm that errors of rounding to the stored type have on average, over that of the update; of two roundings where the "
        "base has more significant bits",
        Better.LOWER,
    ),
    Definition("tensors_changed", "tensors of which an element changed"),
    Definition("tensors_unchanged", "tensors of which no element changed"),
    Definition("adapters", "tensors whose update is of low rank (PL412)", source=HU_2022),
    Definition("adapters_numbers", "numbers that factors of all updates of low rank take", source=HU_2022),
    Definition(
        "adapters_share",
        "numbers that factors of all updates of low rank take, over those of their tensors",
        source=HU_2022,
    ),
)
