"""The built-in analyzers, one module or folder each; none imports another."""
