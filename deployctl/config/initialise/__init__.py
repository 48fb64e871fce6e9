"""`deployctl init`: looking at a tree, and a deployctl.toml that fits it."""

from deployctl.config.initialise.facts import Guess
from deployctl.config.initialise.propose import Proposal, check_free, propose

__all__ = ["Guess", "Proposal", "check_free", "propose"]
