"""The JSON of `precisionlab sum`: exact, in several notations."""

from collections.abc import Mapping

from precisionlab.cli.number_text import json_number
from precisionlab.cli.place_text import json_place
from precisionlab.cli.sum_answer import Answer
from precisionlab.cli.sum_text import shortest
from precisionlab.summation.comparing import Deviation, Outcome


def json_sum(answer: Answer) -> Mapping[str, object]:
    """All of it; specials are words, and what there is not is null."""
    comparison, source = answer.comparison, answer.source
    cheapest = comparison.cheapest_right
    return {
        "source": source.name,
        **({} if source.place is None else json_place(source.name, source.place)),
        "summands": answer.summands,
        "numbers": comparison.n_terms,
        "nan": comparison.n_nan,
        "infinite": comparison.n_infinite,
        "format": comparison.format.name,
        "exact_sum": json_number(comparison.total),
        "condition": json_number(comparison.condition),
        "rounding": json_deviation(comparison.rounding),
        "absorbed": comparison.absorbed,
        "methods": [json_outcome(outcome, answer) for outcome in comparison.outcomes],
        "cheapest_right": None if cheapest is None else cheapest.method.name,
    }


def json_outcome(outcome: Outcome, answer: Answer) -> Mapping[str, object]:
    """What one method makes of the numbers."""
    timed = answer.nanoseconds
    return {
        "method": outcome.method.name,
        "sum": json_number(outcome.total),
        "shortest": shortest(outcome.total, answer.comparison.format),
        **json_deviation(outcome.deviation),
        "right_digits": outcome.right_digits,
        "is_right": outcome.is_right,
        **({"nanoseconds": timed[outcome.method]} if timed else {}),
    }


def json_deviation(deviation: Deviation) -> Mapping[str, object]:
    """How far from the exact sum."""
    return {
        "error": json_number(deviation.error),
        "relative_error": json_number(deviation.relative_error),
        "error_in_ulps": json_number(deviation.error_in_ulps),
    }
