"""Figures beside those of random matrices, as measurements and rows."""

import math

from precisionlab.analysis.comparisons import measurements_beside, table_beside
from precisionlab.structure.nulls import Null, compared

DRAWS = (1.0, 2.0, 3.0)
COMPARED = {
    "rank": {Null.GAUSSIAN: compared(5.0, DRAWS), Null.SHUFFLED: compared(5.0, (5.0, 5.0))},
    "unknown": {Null.GAUSSIAN: compared(math.nan, DRAWS), Null.SHUFFLED: compared(math.nan, ())},
}


def test_measurements_are_value_mean_deviation_and_z() -> None:
    """Of 1, 2, 3 the mean is 2 and the sample's standard deviation 1, so that 5 lies 3 above; NaN is not measured."""
    measured = {one.metric.key: one.value for one in measurements_beside(COMPARED, {"rank": "directions"})}
    assert measured == {
        "rank": 5.0,
        "rank_mean[null=gaussian]": 2.0,
        "rank_sd[null=gaussian]": 1.0,
        "rank_z[null=gaussian]": 3.0,
        "rank_mean[null=shuffled]": 5.0,
        "rank_sd[null=shuffled]": 0.0,
        "rank_z[null=shuffled]": 0.0,
        "unknown_mean[null=gaussian]": 2.0,
        "unknown_sd[null=gaussian]": 1.0,
    }
    units = {one.metric.key: one.metric.unit for one in measurements_beside(COMPARED, {"rank": "directions"})}
    assert units["rank_sd[null=gaussian]"] == "directions"
    assert units["rank_z[null=gaussian]"] == "1"


def test_a_table_has_the_figures_that_have_words() -> None:
    """A row each, with three columns for every null."""
    table = table_beside("Beside", COMPARED, {"rank": "effective rank", "absent": "none"}, tuple(Null)[:2])
    labels = [column.label for column in table.columns]
    assert labels == ["figure", "weight", "gaussian, mean", "sd", "z", "shuffled, mean", "sd", "z"]
    assert table.rows == (("effective rank", 5.0, 2.0, 1.0, 3.0, 5.0, 0.0, 0.0),)
