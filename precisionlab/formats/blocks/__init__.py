"""Block formats: elements that share scales, and how tensors become such."""
