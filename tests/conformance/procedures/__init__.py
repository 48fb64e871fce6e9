"""What is put to both clusters."""

from procedures.pods import PODS
from procedures.rollouts import ROLLOUTS

ALL = (*ROLLOUTS, *PODS)
