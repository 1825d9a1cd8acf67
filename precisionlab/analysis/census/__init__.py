"""The exact count of all numbers of a tensor, made in one streaming pass."""
