"""What the measurements of the `wavelet` analyzer mean."""

from typing import Final

from precisionlab.analysis.definitions import Definition, beside_draws

DEVORE_1998: Final = "DeVore (1998), Nonlinear approximation, Acta Numerica 7, 51-150"
HURLEY_RICKARD_2009: Final = (
    "Hurley and Rickard (2009), Comparing measures of sparsity, IEEE Transactions on Information Theory 55, 4723-4741"
)
MALLAT_1989: Final = (
    "Mallat (1989), A theory for multiresolution signal decomposition: the wavelet representation, "
    "IEEE Transactions on Pattern Analysis and Machine Intelligence 11, 674-693"
)
VON_NEUMANN_1941: Final = (
    "von Neumann (1941), Distribution of the ratio of the mean square successive difference to the variance, "
    "Annals of Mathematical Statistics 12, 367-395"
)

COMPARED: tuple[Definition, ...] = (
    Definition(
        "energy_share",
        "share of the sum of squares in the details of a level, 1 the finest; `rest` is what is left, with all levels of Haar "
        "the mean of each kernel",
        source=MALLAT_1989,
    ),
    Definition(
        "seminorm",
        "discrete Sobolev seminorm of order 1, squared: mean square of differences of neighbours over twice the mean square; 1 of "
        "white noise, 0 of constants, 2 of alternating signs",
        source=VON_NEUMANN_1941,
    ),
    Definition(
        "gini",
        "Gini index of the magnitudes of coefficients: 0 all equal, near 1 few hold all",
        source=HURLEY_RICKARD_2009,
    ),
    Definition("share_of_99_energy", "least share of coefficients that holds 99 % of the energy", source=DEVORE_1998),
    Definition(
        "threshold_error",
        "relative error when a share of the coefficients is kept, the largest, and the rest are 0",
        source=DEVORE_1998,
    ),
)
"""Those that stand beside random copies."""

DEFINITIONS: tuple[Definition, ...] = (
    Definition("kernels", "kernels: outputs times inputs of a convolution, features of positions"),
    Definition("sampled_kernels", "kernels that were drawn and looked at (`wavelet.max_elements`)"),
    Definition("places", "entries of one kernel"),
    Definition("levels", "levels of the transform"),
    *(one for figure in COMPARED for one in beside_draws(figure)),
    Definition(
        "expected_share",
        "`energy_share` of white noise: the share of the coefficients; 3/4, 3/16, ... for squares of 2^n",
        source=MALLAT_1989,
    ),
    Definition(
        "entries_gini",
        "Gini index of the magnitudes of entries: 0 all equal, near 1 few hold all",
        source=HURLEY_RICKARD_2009,
    ),
    Definition(
        "entries_share_of_99_energy", "least share of entries that holds 99 % of the energy", source=DEVORE_1998
    ),
    Definition(
        "entries_threshold_error",
        "relative error when a share of the entries is kept, the largest, and the rest are 0",
        source=DEVORE_1998,
    ),
    Definition("ordered_tensors", "tensors that have ordered axes"),
    Definition(
        "smooth_tensors", "tensors whose least `seminorm` lies three deviations or more below its permuted copies"
    ),
)
