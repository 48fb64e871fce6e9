"""What is put to both clusters."""

from conformance.procedures.cluster import CLUSTER
from conformance.procedures.objects import OBJECTS
from conformance.procedures.pods import PODS
from conformance.procedures.reading import READING
from conformance.procedures.registry import REGISTRY
from conformance.procedures.rollouts import ROLLOUTS
from conformance.procedures.workloads import WORKLOADS

ALL = (*ROLLOUTS, *WORKLOADS, *PODS, *OBJECTS, *READING, *CLUSTER, *REGISTRY)
