"""Literature and standards that figures of several analyzers are from, as `Definition.source` names them."""

from typing import Final

BENAYCH_GEORGES_2012: Final = (
    "Benaych-Georges and Nadakuditi (2012), The singular values and vectors of low rank perturbations of large rectangular "
    "random matrices, Journal of Multivariate Analysis 111, 120-135"
)
CROCI_2022: Final = (
    "Croci, Fasi, Higham, Mary and Mikaitis (2022), Stochastic rounding: implementation, error analysis and applications, "
    "Royal Society Open Science 9, 211631"
)
ECKART_YOUNG_1936: Final = (
    "Eckart and Young (1936), The approximation of one matrix by another of lower rank, Psychometrika 1, 211-218"
)
GAO_2017: Final = (
    "Gao, Trautmann, Yu, Santhanam, Ryu, Shenoy and Ganguli (2017), A theory of multineuronal dimensionality, dynamics and "
    "measurement, bioRxiv 214262"
)
GRAY_NEUHOFF_1998: Final = (
    "Gray and Neuhoff (1998), Quantization, IEEE Transactions on Information Theory 44, 2325-2383"
)
HIGHAM_2002: Final = "Higham (2002), Accuracy and Stability of Numerical Algorithms, 2nd edition, SIAM"
IEEE_754: Final = "IEEE (2019), IEEE Standard for Floating-Point Arithmetic, IEEE Std 754-2019"
ILHARCO_2023: Final = (
    "Ilharco, Ribeiro, Wortsman, Gururangan, Schmidt, Hajishirzi and Farhadi (2023), Editing models with task arithmetic, "
    "11th International Conference on Learning Representations"
)
JOHNSTONE_2001: Final = (
    "Johnstone (2001), On the distribution of the largest eigenvalue in principal components analysis, "
    "Annals of Statistics 29, 295-327"
)
MARCHENKO_PASTUR_1967: Final = (
    "Marchenko and Pastur (1967), Distribution of eigenvalues for some sets of random matrices, "
    "Mathematics of the USSR-Sbornik 1, 457-483"
)
MULLER_2018: Final = (
    "Muller, Brunie, de Dinechin, Jeannerod, Joldes, Lefèvre, Melquiond, Revol and Torres (2018), Handbook of Floating-Point "
    "Arithmetic, 2nd edition, Birkhäuser"
)
ROY_VETTERLI_2007: Final = (
    "Roy and Vetterli (2007), The effective rank: a measure of effective dimensionality, "
    "15th European Signal Processing Conference, 606-610"
)
RUDELSON_VERSHYNIN_2007: Final = (
    "Rudelson and Vershynin (2007), Sampling from large matrices: an approach through geometric functional analysis, "
    "Journal of the ACM 54, 21"
)
SHANNON_1948: Final = (
    "Shannon (1948), A mathematical theory of communication, Bell System Technical Journal 27, 379-423 and 623-656"
)
