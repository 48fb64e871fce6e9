"""The patches that are no apply: JSON patch, merge patch, strategic merge patch. Pure; arguments stay as they are.

from deployctl.sandbox.patches import json_patch, merge_patch, strategic_merge, PatchError
"""

from deployctl.sandbox.patches.errors import PatchError
from deployctl.sandbox.patches.json_patch import json_patch
from deployctl.sandbox.patches.merge_patch import merge_patch
from deployctl.sandbox.patches.strategic import strategic_merge

__all__ = ["PatchError", "json_patch", "merge_patch", "strategic_merge"]
