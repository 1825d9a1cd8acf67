"""Canonical polyadic (CP) decomposition: a tensor as a sum of outer products of vectors."""
