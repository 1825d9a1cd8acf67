"""The grammar of the command line: one module a command, each with `add(add_parser)`; importing it imports nothing heavy."""
