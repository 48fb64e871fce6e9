"""What the CronJobs run: `python -m app.jobs NAME`."""

import sys

JOBS = ("market-insights", "watchlist-analyzer")


def main(name: str) -> int:
    if name not in JOBS:
        print(f"unknown job {name!r}; there are: {', '.join(JOBS)}", file=sys.stderr)
        return 2
    print(f"{name}: nothing to do")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:2] or [""]))
