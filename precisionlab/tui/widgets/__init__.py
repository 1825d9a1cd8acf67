"""Parts of screens; they know data, not analyzers."""
