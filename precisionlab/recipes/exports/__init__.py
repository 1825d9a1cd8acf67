"""Recipes as the files of the tools that carry them out: one module a tool, each with `render` and `notes`."""
