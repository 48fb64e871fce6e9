"""`scripts/bench`: every figure that the project claims, measured anew."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable

from bench.downtime import released
from bench.full_cluster import full_cluster
from bench.packing import packing
from bench.paired import command, paired
from bench.waiting import requests_per_look


def help_time() -> None:
    """How long `deployctl --help` takes, in `kubectl version --client`s. Claimed: at most 2."""
    deployctl, kubectl = shutil.which("deployctl"), shutil.which("kubectl")
    assert deployctl, "deployctl is not installed here"
    assert kubectl, "kubectl is not installed here"
    ratio = paired(command(deployctl, "--help"), command(kubectl, "version", "--client"), pairs=15)
    print(f"deployctl --help / kubectl version --client: {ratio}")


def wait_cycle() -> None:
    """API requests of one look at the world, for 1 and for 30 workloads. Claimed: the same."""
    one, thirty = requests_per_look(1), requests_per_look(30)
    print(f"API requests in a wait cycle: {one} with 1 workload, {thirty} with 30")


def pack() -> None:
    """Packing a build context. Claimed: at least 3 times as fast as az's way, under 100 MB, at most 6 % larger."""
    print(packing())


def sandbox() -> None:
    """The embedded cluster with 1000 pods. Claimed: ready in 1.5 s, LIST of pods under 100 ms, under 250 MB."""
    print(f"sandbox: {full_cluster()}")


def downtime() -> None:
    """A release on a real cluster, by deployctl and by hand. Claimed: at most 0.4 of the downtime."""
    print(f"downtime of deployctl release / of the seven commands by hand: {released()}")


BENCHMARKS: dict[str, Callable[[], None]] = {
    "help": help_time,
    "wait-cycle": wait_cycle,
    "pack": pack,
    "sandbox": sandbox,
}


ON_A_CLUSTER: dict[str, Callable[[], None]] = {"downtime": downtime}
"""`scripts/bench --cluster` brings one up for them."""


def main(names: list[str]) -> int:
    known = {**BENCHMARKS, **ON_A_CLUSTER}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no such figure: {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        known[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
