"""Names of tensors against globs."""

from precisionlab.analysis.roles import is_named


def test_globs_know_no_capitals_and_brackets_as_shells_do() -> None:
    """`*`, `?` and `[…]`, over dots as well."""
    assert is_named("Model.LM_Head.weight", ("*lm_head*",))
    assert is_named("a.1.b", ("A.[0-9].?",))
    assert not is_named("a.1.b", ("a.b",))
    assert not is_named("a", ())
