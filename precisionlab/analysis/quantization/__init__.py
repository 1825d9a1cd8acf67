"""What quantizing a tensor loses: targets, error sums, and the figures that follow from them."""
