"""Write the documentation pages that come from the code: rules, analyzers, and the keys of the configuration.

python docs/make_docs.py            # writes them
python docs/make_docs.py --check    # says which are out of date, and fails
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from precisionlab.analysis.analyzers import Analyzer
from precisionlab.cli.config_page import own_keys, shared_keys
from precisionlab.cli.explain_command import analyzer_page, rule_page
from precisionlab.scanning.discovery import load_all

FOLDER = Path(__file__).parent
CONFIGURATION = FOLDER / "configuration.md"


def pages(analyzers: Mapping[str, Analyzer]) -> dict[Path, str]:
    """Every generated page by its path."""
    rules = sorted((rule.code, rule) for analyzer in analyzers.values() for rule in analyzer.rules)
    index = "".join(
        f"| [{code}]({code}.md) | {rule.severity.label} | {rule.name} | {rule.summary} |\n" for code, rule in rules
    )
    return {
        FOLDER
        / "rules"
        / "README.md": f"# Rules\n\n| code | severity | name | fires where |\n| --- | --- | --- | --- |\n{index}",
        CONFIGURATION: with_keys(CONFIGURATION.read_text(encoding="utf-8")),
        **{FOLDER / "rules" / f"{code}.md": rule_page(rule) for code, rule in rules},
        **{FOLDER / "analyzers" / f"{name}.md": analyzer_page(analyzer) for name, analyzer in analyzers.items()},
    }


def with_keys(page: str) -> str:
    """The page of the configuration with its tables of keys as they are now."""
    for name, table in (("shared keys", shared_keys()), ("own keys", own_keys())):
        before, mark, after = page.partition(f"<!-- {name}: from the code, see make_docs.py -->\n")
        page = f"{before}{mark}{table}\n{after[after.index('<!-- end -->') :]}"
    return page


def is_current(path: Path, text: str) -> bool:
    """Whether the file holds this text already."""
    return path.is_file() and path.read_text(encoding="utf-8") == text


def main() -> int:
    """Write or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    built_in = {
        name: analyzer
        for name, analyzer in load_all().analyzers.items()
        if analyzer.analyze.__module__.startswith("analyzers.")
    }
    stale = {path: text for path, text in pages(built_in).items() if not is_current(path, text)}
    for path, text in stale.items():
        if arguments.check:
            print(f"{path.relative_to(FOLDER.parent)} is out of date; run make docs", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return int(arguments.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
