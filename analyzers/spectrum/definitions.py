"""What the measurements of the `spectrum` analyzer mean."""

from typing import Final

from precisionlab.analysis.definitions import Better, Definition, beside_draws
from precisionlab.analysis.literature import (
    BENAYCH_GEORGES_2012,
    ECKART_YOUNG_1936,
    GAO_2017,
    HIGHAM_2002,
    JOHNSTONE_2001,
    MARCHENKO_PASTUR_1967,
    ROY_VETTERLI_2007,
    RUDELSON_VERSHYNIN_2007,
)

CLAUSET_2009: Final = (
    "Clauset, Shalizi and Newman (2009), Power-law distributions in empirical data, SIAM Review 51, 661-703"
)
MARTIN_MAHONEY_2021: Final = (
    "Martin and Mahoney (2021), Implicit self-regularization in deep neural networks: evidence from random matrix theory and "
    "implications for learning, Journal of Machine Learning Research 22, 165"
)
WEYL_1912: Final = (
    "Weyl (1912), Das asymptotische Verteilungsgesetz der Eigenwerte linearer partieller Differentialgleichungen, "
    "Mathematische Annalen 71, 441-479"
)

SAMPLED: Final = (
    ("stable_rank", "stable rank", RUDELSON_VERSHYNIN_2007),
    ("effective_rank", "effective rank", ROY_VETTERLI_2007),
    ("marchenko_pastur_outliers", "singular values beyond the random edge", JOHNSTONE_2001),
    ("marchenko_pastur_distance", "distance of the eigenvalues from Marchenko and Pastur's law", MARCHENKO_PASTUR_1967),
    ("power_law_alpha", "exponent of the tail of the eigenvalues", MARTIN_MAHONEY_2021),
)
"""Figures that stand beside random matrices, in words, and where they are from."""

DEFINITIONS: tuple[Definition, ...] = (
    Definition("spectral_norm", "largest singular value", source=HIGHAM_2002),
    Definition("frobenius_norm", "root of the sum of the squared singular values, or elements", source=HIGHAM_2002),
    Definition("nuclear_norm", "sum of the singular values"),
    Definition("stable_rank", "`|W|_F^2 / |W|_2^2`", source=RUDELSON_VERSHYNIN_2007),
    Definition("effective_rank", "exp of the entropy of the singular values over their sum", source=ROY_VETTERLI_2007),
    Definition("participation_ratio", "`sum(s^2)^2 / sum(s^4)` of the singular values s", source=GAO_2017),
    Definition(
        "condition_number",
        "largest over smallest singular value; infinite of matrices that are singular in float64",
        Better.LOWER,
        HIGHAM_2002,
    ),
    Definition("singular_values", "singular values that are known"),
    Definition("captured_energy", "share of `|W|_F^2` that the known singular values hold"),
    Definition("deficient_directions", "singular values no larger than what rounding to the stored type adds"),
    Definition(
        "rank",
        "least rank with a relative error `|W - W_r|_F / |W|_F` of 1, 5, 10 %",
        source=ECKART_YOUNG_1936,
    ),
    Definition(
        "parameters",
        "numbers of the factors of least rank with a relative error of 1, 5, 10 %, over those of the matrix; over 1 they cost "
        "more than the matrix, and count as 1 in the checkpoint's own",
        source=ECKART_YOUNG_1936,
    ),
    Definition(
        "break_even_rank", "mn / (m + n), at which factors take as many numbers as the matrix", source=ECKART_YOUNG_1936
    ),
    Definition(
        "marchenko_pastur_edge",
        "largest singular value of a random matrix with the same bulk",
        source=MARCHENKO_PASTUR_1967,
    ),
    Definition(
        "marchenko_pastur_scale",
        "standard deviation of the entries of a random matrix with the same bulk, from the median eigenvalue",
        source=MARCHENKO_PASTUR_1967,
    ),
    Definition(
        "marchenko_pastur_distance",
        "Kolmogorov and Smirnov's distance between the eigenvalues of W W^T / N and Marchenko and Pastur's law",
        source=MARCHENKO_PASTUR_1967,
    ),
    Definition(
        "outliers",
        "singular values beyond the random edge by more than the 99.9 % quantile of random matrices of this size, after Tracy "
        "and Widom",
        source=JOHNSTONE_2001,
    ),
    Definition(
        "outlier_energy", "share of the energy in the singular values beyond the random edge", source=JOHNSTONE_2001
    ),
    Definition(
        "power_law_alpha",
        "exponent of the tail of the eigenvalues: the number that WeightWatcher gives",
        source=MARTIN_MAHONEY_2021,
    ),
    Definition("power_law_alpha_error", "standard error of the exponent of the tail", Better.LOWER, CLAUSET_2009),
    Definition(
        "power_law_distance",
        "Kolmogorov and Smirnov's distance between the tail and its power law",
        Better.LOWER,
        CLAUSET_2009,
    ),
    Definition("power_law_tail", "eigenvalues of the tail, on which the exponent rests", source=CLAUSET_2009),
    Definition("noise_norm", "largest singular value of Q(W) - W in `spectrum.format`", Better.LOWER, HIGHAM_2002),
    Definition("noise_frobenius", "Frobenius norm of Q(W) - W in `spectrum.format`", Better.LOWER, HIGHAM_2002),
    Definition(
        "below_noise", "singular values below the noise's norm, by which each may be moved", Better.LOWER, WEYL_1912
    ),
    Definition(
        "hidden_directions",
        "singular values below rms(Q(W) - W) (mn)^(1/4), whose directions noise of independent entries hides",
        Better.LOWER,
        BENAYCH_GEORGES_2012,
    ),
    Definition(
        "hidden_energy",
        "share of the energy in directions that noise of independent entries hides",
        Better.LOWER,
        BENAYCH_GEORGES_2012,
    ),
    *(
        one
        for name, words, source in SAMPLED
        for one in beside_draws(
            Definition(
                f"sample_{name}",
                f"{words} of a part of at most `spectrum.sample` rows and columns, drawn at random",
                source=source,
            )
        )
    ),
    Definition("matrices", "matrices whose spectrum is known"),
)
