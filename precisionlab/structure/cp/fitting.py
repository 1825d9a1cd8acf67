"""Alternating least squares from one start to convergence, with a decaying ridge and a line search."""

import math
from contextlib import nullcontext
from dataclasses import dataclass

import torch

from precisionlab.structure.cp.models import Model, from_loaded
from precisionlab.structure.cp.sweeps import residual_at, swept
from precisionlab.structure.cp.trees import Tree
from precisionlab.structure.threads import one_thread_each

STEADY = 3
"""Sweeps in a row that gain too little to go on."""
EXACT = 1e-9
"""Relative errors that are as good as none."""
CANCELLED = {torch.float32: 1e-5, torch.float64: 1e-11}
"""Shares of |X|^2 below which a residual that was had for free is computed anew."""
SMALL = 1 << 23
"""Multiply-adds of a product that takes less time than waking a thread on a busy machine."""
PAUSE = 2
"""Sweeps without a line search after one that failed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard a rank is tried."""

    starts: int = 2
    """Of which one is the fit of the rank below."""
    sweeps: int = 200
    tolerance: float = 1e-5
    """Least decrease of the relative error a sweep."""
    ridge: float = 0.05
    """At the first sweep: Tikhonov's, towards the factor as it is."""
    decay: float = 0.98
    """Of the ridge, a sweep."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A model of a tensor."""

    model: Model
    error: float
    """|X - model| / |X|."""
    sweeps: int
    has_converged: bool
    """Whether the last sweeps gained less than the tolerance, or the error vanished."""

    @property
    def rank(self) -> int:
        """The number of components."""
        return self.model.rank


def fit(tree: Tree, start: Model, limits: Limits) -> Fit:
    """The model that alternating least squares reach from a start, on one thread where the tensor is small."""
    is_small = tree.matrix.numel() * start.rank <= SMALL
    with one_thread_each() if is_small else nullcontext():
        return fitted(tree, start, limits)


def fitted(tree: Tree, start: Model, limits: Limits) -> Fit:
    """The model that alternating least squares reach from a start; no worse than the start's own best update.

    Each sweep begins at the better of the model and its extrapolation along the last sweep's change (accepted if its
    residual is smaller: its product with the tensor is then the sweep's own).
    """
    model, ridge, step, pause, idle = start, limits.ridge, 1.0, 1, 0
    previous, error, count = start, math.inf, 0
    while count < limits.sweeps and idle < STEADY and error >= EXACT:
        node = None
        if pause == 0:
            ahead, node = extrapolated(tree, previous, model, step, error)
            step, pause = (min(2 * step, 64.0), 0) if node is not None else (max(step / 2, 1.0), PAUSE)
            previous, model = model, ahead
        else:
            previous, pause = model, pause - 1
        model, squared = swept(tree, model, ridge, node)
        reached = relative(tree, model, squared)
        idle = idle + 1 if error - reached < limits.tolerance else 0
        error, ridge, count = reached, ridge * limits.decay, count + 1
    has_converged = idle >= STEADY or error < EXACT
    return Fit(model, math.sqrt(tree.squared_residual(model) / tree.squared_norm), count, has_converged)


def relative(tree: Tree, model: Model, squared: float) -> float:
    """The relative error of a squared residual that was had for free; computed anew where that has cancelled."""
    if squared < CANCELLED[tree.matrix.dtype] * tree.squared_norm:
        squared = tree.squared_residual(model)
    return math.sqrt(squared / tree.squared_norm)


def extrapolated(
    tree: Tree, previous: Model, model: Model, step: float, error: float
) -> tuple[Model, torch.Tensor | None]:
    """The model moved on by `step` times its last change with its node, if its error is smaller; else the model itself."""
    pairs = zip(previous.loaded(), model.loaded(), strict=True)
    ahead = from_loaded([now + step * (now - before) for before, now in pairs], model)
    node = tree.rows_node(ahead.factors)
    loaded = (ahead.factors[0] * ahead.weights, *ahead.factors[1:])
    if residual_at(tree, loaded, node) < error**2 * tree.squared_norm:
        return ahead, node
    return model, None
