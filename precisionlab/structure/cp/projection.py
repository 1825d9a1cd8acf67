"""A large tensor seen along a few directions of its long axes: what is decomposed in its place."""

import torch

from precisionlab.structure.nulls import generator
from precisionlab.structure.threads import threads_for

PASSES = 4
"""Of subspace iteration, after which a flat spectrum's leading directions are about as good as the best."""


def projected(tensor: torch.Tensor, core: int, seed: int) -> torch.Tensor:
    """The core [min(n_1, core), …] of a tensor on orthonormal directions of each axis, those of its largest energy.

    Axes are taken in turn, each on the core so far (sequentially truncated HOSVD: Vannieuwenhoven et al. 2012), their
    directions by subspace iteration from a random start (Halko et al. 2011). Since directions are orthonormal,
    |X - model|^2 = |X|^2 - |core|^2 + |core - core's model|^2 for every model in their span.
    """
    random = generator(seed)
    for mode, n in enumerate(tensor.shape):
        if n > core:
            unfolding = tensor.movedim(mode, 0).reshape(n, -1)
            basis = leading_directions(unfolding, core, random)
            shape = [one for i, one in enumerate(tensor.shape) if i != mode]
            tensor = (basis.T @ unfolding).reshape(core, *shape).movedim(0, mode)
    return tensor.contiguous()


def leading_directions(unfolding: torch.Tensor, count: int, random: torch.Generator) -> torch.Tensor:
    """Orthonormal directions [n, count] that hold most of the energy of the columns [n, m]."""
    directions = torch.randn((len(unfolding), count), generator=random, dtype=torch.float64)
    basis = directions.to(unfolding)
    for _ in range(PASSES + 1):
        images = (unfolding @ (unfolding.T @ basis)).double()
        with threads_for(count):
            basis = torch.linalg.qr(images).Q.to(unfolding)
    return basis
