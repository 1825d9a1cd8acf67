"""What starting the command costs, as multiples of a bare interpreter.

python benchmarks/startup.py [--rounds 11]
"""

import argparse
import subprocess
import sys
from functools import partial
from pathlib import Path

from timing import best_seconds, machine

SAMPLE = Path(__file__).parent.parent / "samples" / "healthy.safetensors"
COMMANDS = {
    "a bare interpreter": ["-c", "pass"],
    "precisionlab --help": ["-m", "precisionlab", "--help"],
    "precisionlab list": ["-m", "precisionlab", "list"],
    "precisionlab explain PL020": ["-m", "precisionlab", "explain", "PL020"],
    "precisionlab scan, 277 kB": ["-m", "precisionlab", "scan", "--quiet", "--device", "cpu", str(SAMPLE)],
    "import torch": ["-c", "import torch"],
}


def start(arguments: list[str]) -> None:
    """Run an interpreter to its end, its output thrown away."""
    subprocess.run([sys.executable, *arguments], capture_output=True, check=True)


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    actions = {name: partial(start, arguments) for name, arguments in COMMANDS.items()}
    seconds = best_seconds(actions, parser.parse_args().rounds)
    print(f"{machine()}\n\n| what | milliseconds | times a bare interpreter |\n| --- | ---: | ---: |")
    for name, value in seconds.items():
        print(f"| {name} | {value * 1e3:.0f} | {value / seconds['a bare interpreter']:.1f} |")


if __name__ == "__main__":
    main()
