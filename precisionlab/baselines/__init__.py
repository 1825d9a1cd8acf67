"""Reports held against earlier ones: which findings are new or worse, which figures became better or worse."""
