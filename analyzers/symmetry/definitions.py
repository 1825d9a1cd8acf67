"""What the measurements of the `symmetry` analyzer mean."""

from typing import Final

from precisionlab.analysis.definitions import Definition, beside_draws
from precisionlab.analysis.literature import MARCHENKO_PASTUR_1967

BANSAL_2018: Final = (
    "Bansal, Chen and Wang (2018), Can we gain more from orthogonality regularizations in training deep networks?, "
    "Advances in Neural Information Processing Systems 31"
)
CHAN_1988: Final = (
    "Chan (1988), An optimal circulant preconditioner for Toeplitz systems, "
    "SIAM Journal on Scientific and Statistical Computing 9, 766-771"
)
HIGHAM_1986: Final = (
    "Higham (1986), Computing the polar decomposition - with applications, "
    "SIAM Journal on Scientific and Statistical Computing 7, 1160-1174"
)
MUIRHEAD_1982: Final = "Muirhead (1982), Aspects of Multivariate Statistical Theory, Wiley"
SERRE_1977: Final = "Serre (1977), Linear Representations of Finite Groups, Springer"
SUSSMANN_1992: Final = (
    "Sussmann (1992), Uniqueness of the weights for minimal feedforward nets with a given input-output map, "
    "Neural Networks 5, 589-593"
)

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "storable_share",
        "least numbers that need storing with an exact symmetry, over all elements; 1 without exact symmetry",
    ),
    Definition(
        "storable_numbers",
        "numbers that need storing with an exact symmetry: orbits of taps, dimension of the family, or distinct rows and one "
        "factor for each other row",
    ),
    Definition("rows", "rows of the matrix"),
    Definition("zero_rows", "rows of zeros"),
    Definition("duplicate_rows", "rows that are equal to an earlier one", source=SUSSMANN_1992),
    Definition("flipped_rows", "further rows that are the negative of an earlier one", source=SUSSMANN_1992),
    Definition("scaled_rows", "further rows that are another multiple of an earlier one"),
    Definition("kernels", "kernels of the convolution"),
    Definition("drawn_kernels", "kernels that stand beside random ones"),
    *beside_draws(
        Definition(
            "residual",
            "of an element g of the group of kernels `|gW - W| / |W|`; of a family the relative distance from it, 0 only if the "
            "matrix is in it number for number, or within some 1e-8",
            source=SERRE_1977,
        )
    ),
    Definition(
        "expected_residual",
        "`residual` of white noise: of an element of the group sqrt(2 (1 - share of taps that it leaves in place)), of "
        "orthogonal maps from the law of singular values",
        source=MARCHENKO_PASTUR_1967,
    ),
    *beside_draws(
        Definition(
            "energy_share",
            "share of the energy of kernels in an irreducible part of the group; shares add up to 1",
            source=SERRE_1977,
        )
    ),
    Definition(
        "expected_share", "`energy_share` of white noise: the dimension of the part over the taps", source=SERRE_1977
    ),
    Definition("closeness", "share of the energy of a matrix in the projection onto a family", source=CHAN_1988),
    Definition("expected_closeness", "`closeness` of white noise: the dimension of the family over the elements"),
    Definition(
        "closeness_z",
        "(`closeness` - `expected_closeness`) over the standard deviation that white noise has exactly: shares are "
        "Beta(k / 2, (N - k) / 2), k the dimension, N the elements",
        source=MUIRHEAD_1982,
    ),
    Definition("block_rows", "rows of the contiguous part of the matrix that stands beside random ones"),
    Definition("block_columns", "columns of the contiguous part of the matrix that stands beside random ones"),
    *beside_draws(
        Definition(
            "block_closeness",
            "`closeness` of a contiguous part of the matrix (`symmetry.max_drawn`); of orthogonal maps the share 1 - residual^2",
            source=CHAN_1988,
        )
    ),
    Definition(
        "orthogonality_defect",
        "`|W^T W - I| / sqrt(n)`, n the short side, whose Gram matrix it is; of kernels outputs by inputs and taps",
        source=BANSAL_2018,
    ),
    Definition(
        "orthogonal_scale",
        "c of the nearest multiple c Q of a (semi-)orthogonal matrix: the mean singular value",
        source=HIGHAM_1986,
    ),
    Definition("compared_tensors", "tensors that were looked at"),
    Definition("symmetric_tensors", "tensors with an exact symmetry"),
)
