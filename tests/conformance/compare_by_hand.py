"""Runs procedures whose names contain one of the arguments, and prints every difference: for work on the sandbox.

Usage: python tests/conformance/compare_by_hand.py [--list] [--twice] [PART ...]; --twice compares the real cluster
with itself, which shows what is chance.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "support")]

from conformance.comparing.both import Both  # noqa: E402 - found by the path that is set above
from conformance.comparing.clusters import both  # noqa: E402 - found by the path that is set above
from conformance.comparing.listed import read, unused  # noqa: E402 - found by the path that is set above
from conformance.procedures import ALL  # noqa: E402 - found by the path that is set above


def main(arguments: list[str]) -> int:
    parts = [a for a in arguments if not a.startswith("--")]
    chosen = [p for p in ALL if not parts or any(part in p.name for part in parts)]
    if "--list" in arguments:
        print("\n".join(p.name for p in chosen))  # noqa: T201 - a program for people
        return 0
    listed = read(HERE / "differences.toml")
    with tempfile.TemporaryDirectory() as folder, both(Path(folder)) as (real, sandbox):
        other = replace(real, name="again", folder=Path(folder) / "again") if "--twice" in arguments else sandbox
        outcomes = []
        with closing(Both(chosen, real, other)) as running:
            for pair in running.pairs.values():
                outcomes.append(pair.outcome(listed))
                shown = "\n".join(map(str, outcomes[-1].differences))
                print(f"=== {pair.procedure.name}: {'differs' if shown else 'agrees'}\n{shown}", flush=True)  # noqa: T201 - a program for people
    used = [entry for outcome in outcomes for entry in outcome.used]
    bad = sum(1 for outcome in outcomes if outcome.differences)
    print(f"{sum(o.answers for o in outcomes)} answers, {bad} of {len(outcomes)} procedures differ")  # noqa: T201 - a program for people
    if not parts:
        print("listed, not seen:", [entry.name for entry in unused(listed, used)])  # noqa: T201 - a program for people
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
