"""What fills the terminal: the start, and the lab."""
