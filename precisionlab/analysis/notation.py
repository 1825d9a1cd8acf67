"""How patterns are written; of plain Python, for commands that need no arrays."""


def hex_pattern(pattern: int, bits: int) -> str:
    """A pattern in as many hexadecimal digits as its bits need: `0x3f80` for 16."""
    return f"0x{pattern:0{-(-bits // 4)}x}"
