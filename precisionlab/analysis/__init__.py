"""What an analysis is: tensors and their census, analyzers, results, figures, reports."""
