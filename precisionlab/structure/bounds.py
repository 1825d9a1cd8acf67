"""Sizes that bound what is computed; known without torch, for those who tell costs."""

from typing import Final

LARGEST_SHORT_SIDE: Final = 8192
"""Of matrices whose singular values are all computed: a Gram matrix of 512 MiB."""
BAND_ELEMENTS: Final = 1 << 22
"""Of a band of a matrix in float64: 32 MiB."""
