"""Errors that a user can cause, all under one base class."""

from precisionlab.escaping import printable


class PrecisionlabError(Exception):
    """What is wrong, with what, and what to do about it, on one line.

    `subject` is the file, tensor, option or format concerned; it may come from a
    hostile file and is escaped here, once, so that the message is safe to show.
    `problem` and `remedy` are written by us; names quoted in them go through
    `printable` first.
    """

    def __init__(self, subject: str, problem: str, remedy: str = "") -> None:
        self.subject = subject
        self.problem = problem
        self.remedy = remedy
        message = f"{printable(subject)}: {problem}" if subject else problem
        super().__init__(f"{message}; {remedy}" if remedy else message)


class CheckpointError(PrecisionlabError):
    """A path that cannot be opened as a checkpoint, or a tensor that cannot be read."""


class FormatError(PrecisionlabError):
    """A number format that does not exist or cannot exist."""


class UsageError(PrecisionlabError):
    """A command line or a configuration that asks for what there is not."""


class AnalyzerError(PrecisionlabError):
    """An analyzer that could not be loaded or that was declared wrongly."""


class ReportError(PrecisionlabError):
    """A report that cannot be read, or a target that cannot be written."""
