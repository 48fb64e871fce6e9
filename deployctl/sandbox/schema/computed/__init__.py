"""Defaults that follow from other fields of a struct, by type."""

from deployctl.sandbox.schema.computed import cluster, network, pods, workloads

COMPUTED = {**pods.COMPUTED, **workloads.COMPUTED, **network.COMPUTED, **cluster.COMPUTED}
"""`core.v1.Container` and so on to the function that completes a decoded one in place."""
