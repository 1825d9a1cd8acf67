"""The parser behind every command: help on standard output, and mistakes as errors of one line."""

import argparse
import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from precisionlab.cli.output import put
from precisionlab.errors import UsageError
from precisionlab.escaping import printable


class Parser(argparse.ArgumentParser):
    """Help on standard output, and mistakes as errors of one line."""

    def take_numbers(self, beginning: re.Pattern[str]) -> None:
        """Let arguments that begin so be values, not flags."""
        self._negative_number_matcher = beginning

    def print_help(self, file: Any = None) -> None:  # noqa: ANN401 - argparse's signature
        """Print the help where results go."""
        if file is None:
            put(self.format_help())
        else:
            super().print_help(file)

    def error(self, message: str) -> NoReturn:
        """Raise a UsageError."""
        raise UsageError("", printable(message, 400), f"see {self.prog} --help")

    def parse_known_args(  # type: ignore[override] # argparse overloads it
        self,
        args: Sequence[str] | None = None,
        namespace: Any = None,  # noqa: ANN401 - argparse's signature
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse, and refuse what is not known, with the nearest that is; `given` holds the names of flags that were given.

        Raises:
            UsageError: an unknown flag, one argument too many, or a wrong value.
        """
        defaults = self._take_defaults()
        parsed, unknown = super().parse_known_args(args, namespace)
        given = frozenset(name for name in defaults if hasattr(parsed, name))
        parsed.given = given | getattr(parsed, "given", frozenset())
        for name in defaults.keys() - given:
            setattr(parsed, name, defaults[name])
        for word in unknown:
            flag = word.partition("=")[0]
            if not flag.startswith("-"):
                self.error(f"there is one argument too many: {flag}")
            match = get_close_matches(flag, self._option_string_actions, 1)
            hint = f"did you mean {match[0]}?" if match else f"see {self.prog} --help"
            raise UsageError("", f"there is no flag {printable(flag, 60)}", hint)
        return parsed, unknown

    def _take_defaults(self) -> dict[str, Any]:
        """The defaults of flags by name, which argparse then does not fill in, so that what was given shows."""
        flags = [action for action in self._actions if action.option_strings and action.default != argparse.SUPPRESS]
        defaults = {action.dest: action.default for action in flags}
        for action in flags:
            action.default = argparse.SUPPRESS
        return defaults
