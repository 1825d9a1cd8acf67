"""Random numbers that depend on what they are for, and on nothing else that is looked at."""

import hashlib

import numpy as np


def sequence(seed: int, words: tuple[str, ...]) -> np.random.SeedSequence:
    """What numpy makes seeds from: the user's seed and words, such as what is drawn and a tensor's name."""
    digest = hashlib.sha256(" ".join(words).encode("utf-8", "surrogatepass")).digest()
    return np.random.SeedSequence([seed, int.from_bytes(digest[:8], "little")])


def generator(seed: int, *words: str) -> np.random.Generator:
    """Random numbers of numpy for a purpose."""
    return np.random.default_rng(sequence(seed, words))


def seed_of(seed: int, *words: str) -> int:
    """A seed of 63 bits for a purpose, as torch takes it."""
    return int(sequence(seed, words).generate_state(1, np.uint64)[0] >> 1)
