"""What is put to both clusters."""

from procedures.cluster import CLUSTER
from procedures.objects import OBJECTS
from procedures.pods import PODS
from procedures.reading import READING
from procedures.registry import REGISTRY
from procedures.rollouts import ROLLOUTS
from procedures.workloads import WORKLOADS

ALL = (*ROLLOUTS, *WORKLOADS, *PODS, *OBJECTS, *READING, *CLUSTER, *REGISTRY)
