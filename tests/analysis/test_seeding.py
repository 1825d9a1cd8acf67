"""Random numbers for a purpose."""

import hashlib

import numpy as np

from precisionlab.analysis.seeding import generator, seed_of


def test_the_generator_is_numpys_with_seed_and_digest() -> None:
    """As its documentation says: default_rng of the seed and 8 bytes of SHA-256 of the words."""
    digest = int.from_bytes(hashlib.sha256(b"rows layer.weight").digest()[:8], "little")
    expected = np.random.default_rng([7, digest]).random(5)
    np.testing.assert_array_equal(generator(7, "rows", "layer.weight").random(5), expected)


def test_seeds_differ_by_seed_and_by_words_and_are_what_torch_takes() -> None:
    """63 bits; the same for the same; lone surrogates in names are words as well."""
    seeds = [seed_of(0, "a"), seed_of(1, "a"), seed_of(0, "b"), seed_of(0, "\udc80")]
    assert len(set(seeds)) == 4
    assert all(0 <= seed < 1 << 63 for seed in seeds)
    assert seed_of(0, "a") == seeds[0]
