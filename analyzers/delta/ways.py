"""How an update gets into a narrow format."""

from enum import Enum


class Way(Enum):
    """The two ways, of which rounding makes something different."""

    STORED = "stored"
    """The sum was computed in a wide type, and base and sum are each rounded: B' - A'."""
    ADDED = "added"
    """Base and update are rounded, and added in the format: round(A' + D') - A'."""

    @property
    def words(self) -> str:
        """As figures call it."""
        return "base and sum stored" if self is Way.STORED else "added in the format"
