"""What `make_samples.py` is made of: the model, its exports, and the planted files."""
