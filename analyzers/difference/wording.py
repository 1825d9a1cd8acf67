"""What the figures of a pair are called in sentences and tables."""

from analyzers.difference.casts import Cast, Way
from analyzers.difference.pairs import Pair
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.elements import COMPONENTS, element_text, index_of
from precisionlab.formats import Rounding

MODES = {Rounding.NEAREST_EVEN: "rounded to", Rounding.TOWARD_ZERO: "cut to"}


def element_of(pair: Pair, place: int) -> str:
    """A number's index, `[3,5]`, and which part of a complex one it is."""
    n_components = LAYOUTS[pair.here.info.dtype].components
    element, component = divmod(place, n_components)
    return element_text(index_of(element, pair.here.info.shape), COMPONENTS[n_components][component])


def words_of(cast: Cast) -> str:
    """What a cast explains, as a clause."""
    rounded = f"{MODES[cast.rounding]} {cast.format.name}"
    match cast.way:
        case Way.HERE:
            return f"these numbers are the other checkpoint's {rounded}"
        case Way.THERE:
            return f"the other checkpoint's numbers are these {rounded}"
        case Way.BOTH:
            return f"both are the same once {rounded}"
