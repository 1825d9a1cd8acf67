"""What the measurements of the `manifold` analyzer mean."""

from typing import Final

from precisionlab.analysis.definitions import Definition, beside_draws
from precisionlab.analysis.literature import GAO_2017

BALASUBRAMANIAN_2002: Final = (
    "Balasubramanian and Schwartz (2002), The Isomap algorithm and topological stability, Science 295, 7"
)
DENTI_2022: Final = "Denti, Doimo, Laio and Mira (2022), The generalized ratios intrinsic dimension estimator, Scientific Reports 12, 20005"
FACCO_2017: Final = (
    "Facco, d'Errico, Rodriguez and Laio (2017), Estimating the intrinsic dimension of datasets by a minimal neighborhood "
    "information, Scientific Reports 7, 12140"
)
FUKUNAGA_OLSEN_1971: Final = (
    "Fukunaga and Olsen (1971), An algorithm for finding intrinsic dimensionality of data, "
    "IEEE Transactions on Computers C-20, 176-183"
)
LEVINA_BICKEL_2004: Final = (
    "Levina and Bickel (2004), Maximum likelihood estimation of intrinsic dimension, "
    "Advances in Neural Information Processing Systems 17, 777-784"
)
SILVA_TENENBAUM_2004: Final = (
    "de Silva and Tenenbaum (2004), Sparse multidimensional scaling using landmark points, Stanford University"
)
TENENBAUM_2000: Final = (
    "Tenenbaum, de Silva and Langford (2000), A global geometric framework for nonlinear dimensionality reduction, "
    "Science 290, 2319-2323"
)

ESTIMATES: tuple[Definition, ...] = (
    Definition(
        "two_nn",
        "dimension from the ratio of the two nearest distances, the largest tenth of ratios left out",
        source=FACCO_2017,
    ),
    *(
        Definition(
            f"mle_{k}",
            f"dimension of maximum likelihood over {k} neighbours with 1 / (k - 1), inverses averaged over rows (MacKay and "
            "Ghahramani 2005)",
            source=LEVINA_BICKEL_2004,
        )
        for k in (5, 10, 20)
    ),
    *(
        Definition(
            f"gride_{n}",
            f"dimension of maximum likelihood of the ratio of the distances of neighbours {2 * n} and {n}",
            source=DENTI_2022,
        )
        for n in (1, 2, 4, 8, 16, 32, 64, 128, 256)
    ),
    Definition(
        "participation_ratio",
        "(sum of eigenvalues)^2 over the sum of their squares, of the covariance of the queried rows: of directions, not of a "
        "curved surface",
        source=GAO_2017,
    ),
    Definition(
        "local_pca",
        "mean number of eigenvalues of a neighbourhood's covariance beyond 5 % of its largest; at most `manifold.neighbours`",
        source=FUKUNAGA_OLSEN_1971,
    ),
)
"""Of the dimension; of the sample that stands beside random matrices too."""


def sampled(definition: Definition) -> tuple[Definition, ...]:
    """The same figure of the sample, beside those of random matrices."""
    name = f"sample_{definition.name}"
    meaning = f"`{definition.name}` of the sample that stands beside random matrices"
    return beside_draws(Definition(name, meaning, source=definition.source), "ratio")


RESIDUAL: Final = Definition(
    "isomap_residual", "1 - R^2 between geodesics and distances of 1 to 10 coordinates", source=TENENBAUM_2000
)
LAYOUT: tuple[Definition, ...] = (
    Definition("isomap_points", "rows that Isomap laid out"),
    Definition("isomap_neighbours", "edges of each row in Isomap's graph", source=TENENBAUM_2000),
    Definition("isomap_landmarks", "landmarks of Isomap; 0 where it is exact", source=SILVA_TENENBAUM_2004),
    Definition("isomap_components", "parts of Isomap's graph that do not hang together"),
    Definition("isomap_left_out", "rows outside of the largest part of Isomap's graph, which alone is laid out"),
    RESIDUAL,
    Definition(
        "isomap_halved_residual",
        "`isomap_residual` when each row keeps half of its neighbours, where the graph still hangs together",
        source=TENENBAUM_2000,
    ),
    Definition(
        "isomap_grown",
        "share of pairs whose geodesics grow by more than 1.5 times the median growth when each row keeps half of its "
        "neighbours",
        source=BALASUBRAMANIAN_2002,
    ),
    Definition(
        "isomap_short_circuits",
        "whether the graph seems to jump between folds of a surface: more than a tenth of the geodesics grow so, and two "
        "coordinates then leave less than half as much",
        source=BALASUBRAMANIAN_2002,
    ),
)
"""Of Isomap's picture."""

DEFINITIONS: tuple[Definition, ...] = (
    Definition("rows", "rows of the tensor as a matrix"),
    Definition(
        "rows_among", "rows among which neighbours were looked for: all, or drawn at random where all do not fit"
    ),
    Definition("points", "distinct rows of those among which neighbours were looked for"),
    Definition("queries", "distinct rows whose neighbours were looked for"),
    *ESTIMATES,
    Definition(
        "two_nn_low",
        "low end of the 95 % interval of `two_nn` that likelihood gives independent points",
        source=FACCO_2017,
    ),
    Definition(
        "two_nn_high",
        "high end of the 95 % interval of `two_nn` that likelihood gives independent points",
        source=FACCO_2017,
    ),
    Definition("sampled_rows", "rows of the sample that stands beside random matrices of its size"),
    *(one for estimate in ESTIMATES for one in sampled(estimate)),
    *sampled(RESIDUAL),
    *LAYOUT,
    Definition("tensors", "tensors that were looked at"),
)
