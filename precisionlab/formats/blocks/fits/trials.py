"""How many scales are tried: as ggml's reference quantizers do."""

from typing import Final

TRIALS: Final = 9
"""Of symmetric scales, on either side."""
ROUNDS: Final = 5
"""Of moving single elements."""
TABLE_TRIALS: Final = 7
"""Of scales of a table, on either side."""
