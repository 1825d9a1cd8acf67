"""Which of its two neighbours in a format a number becomes."""

from enum import Enum


class Neighbour(Enum):
    """A way to round, and the error that it makes at f of a step d above the lower neighbour."""

    NEAREST = "nearest"
    """The nearer one; at a tie the format's own."""
    STOCHASTIC = "stochastic"
    """The upper one with probability f: no error on average, f (1 - f) d^2 of variance."""
    DITHERED = "dithered"
    """The nearest after adding noise uniform over one step, which the reader, who draws it anew, takes off again:
    no error on average and d^2 / 12 of variance wherever the number lies (Schuchman 1964). The codes are those of
    stochastic rounding; where steps differ on both sides of a number, a reader must know which one was meant."""
