"""Factors of matrices and of tensors that hold most of them in fewer numbers."""
