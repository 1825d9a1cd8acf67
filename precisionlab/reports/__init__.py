"""What a report looks like: one module an output, each with `render(report) -> str`."""
