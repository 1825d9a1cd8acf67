"""Random copies of kernels, beside which their figures mean something."""

import numpy as np

from analyzers.wavelet.kernels import Ordering
from analyzers.wavelet.options import Null
from analyzers.wavelet.transforms import Doubles


def copy_of(kernels: Doubles, ordering: Ordering, null: Null, random: np.random.Generator) -> Doubles:
    """A random copy of kernels [kernels, lengths ...].

    Permuted, taps change places within each kernel by itself, since orders of so few differ too little; positions
    change places for all features alike, which keeps all else, such as singular values.
    """
    entries = kernels.reshape(len(kernels), ordering.n_places)
    match null:
        case Null.PERMUTED if ordering.are_taps:
            copied = random.permuted(entries, axis=1)
        case Null.PERMUTED:
            copied = entries[:, random.permutation(ordering.n_places)]
        case Null.SHUFFLED:
            copied = random.permutation(entries.reshape(-1)).reshape(entries.shape)
        case Null.GAUSSIAN:
            copied = random.standard_normal(entries.shape) * entries.std() + entries.mean()
    return copied.reshape(kernels.shape)
