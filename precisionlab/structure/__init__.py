"""What matrices look like: null models, singular values, clouds of points. On torch; knows no checkpoint."""
