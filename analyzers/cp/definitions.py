"""What the measurements of the `cp` analyzer mean."""

from typing import Final

from precisionlab.analysis.definitions import Better, Definition, beside_draws

KOLDA_BADER_2009: Final = "Kolda and Bader (2009), Tensor decompositions and applications, SIAM Review 51, 455-500"
LEBEDEV_2015: Final = (
    "Lebedev, Ganin, Rakhuba, Oseledets and Lempitsky (2015), Speeding-up convolutional neural networks using fine-tuned "
    "CP-decomposition, International Conference on Learning Representations"
)
MITCHELL_BURDICK_1994: Final = (
    "Mitchell and Burdick (1994), Slowly converging PARAFAC sequences: swamps and two-factor degeneracies, "
    "Journal of Chemometrics 8, 155-168"
)
PHAN_2020: Final = (
    "Phan, Sobolev, Sozykin, Ermilov, Gusak, Tichavsky, Glukhov, Oseledets and Cichocki (2020), Stable low-rank tensor "
    "decomposition for compression of convolutional neural network, European Conference on Computer Vision, 522-539"
)

DEFINITIONS: tuple[Definition, ...] = (
    Definition("error", "`|X - model| / |X|`, the best of all starts", Better.LOWER, KOLDA_BADER_2009),
    Definition(
        "parameters",
        "numbers of the factors, r times the sum of the sides, over those of the tensor",
        source=KOLDA_BADER_2009,
    ),
    Definition(
        "multiply_adds",
        "multiply-adds of a layer of factors over those of the layer: of a kernel an output position at stride 1, of experts "
        "and stacked layers an input vector in one of them, of heads an input vector; none for other shapes",
        source=LEBEDEV_2015,
    ),
    Definition(
        "weight_ratio",
        "sum of the components' norms over `|X|`: at most the root of the rank where they are orthogonal",
        Better.LOWER,
        PHAN_2020,
    ),
    Definition(
        "least_congruence",
        "most negative product over the axes of the cosines of two components (the triple cosine): near -1 they all but "
        "cancel",
        Better.HIGHER,
        MITCHELL_BURDICK_1994,
    ),
    Definition("sweeps", "sweeps of the best start, 0 where the rank below was not improved"),
    Definition("converged", "whether the best start ended before the limit of sweeps"),
    Definition(
        "largest_rank",
        "least product of all sides but one: no tensor of this shape needs more, and ranks beyond are taken as this",
        source=KOLDA_BADER_2009,
    ),
    Definition(
        "captured_energy", "share of `|X|^2` on the directions on which a large tensor is seen; else 1", Better.HIGHER
    ),
    Definition(
        "smallest_rank",
        "smallest rank found with at most the error `cp.error`; left out where the ladder does not reach it",
    ),
    Definition(
        "smallest_parameters",
        "numbers that the smallest rank with at most the error `cp.error` takes, over those of the tensor",
    ),
    *beside_draws(
        Definition(
            "sample_error",
            "error from one start of a part of at most `cp.sample` indices of each axis, drawn at random, which stands beside "
            "`cp.draws` random tensors of its size",
            source=KOLDA_BADER_2009,
        )
    ),
    Definition("tensors", "tensors that were decomposed"),
    Definition("stacks", "stacks of layers that were decomposed"),
    Definition(
        "stacks_left_out",
        "stacks of layers that are smaller than the `cp.stacks` largest ones, or beyond `cp.max_elements`",
    ),
)
