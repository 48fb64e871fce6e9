"""Reading and rewriting a kustomize overlay's own file: text to text, nothing touched on disk."""

from deployctl.overlay.bump import bump, bump_all
from deployctl.overlay.entries import read_entries, read_entry
from deployctl.overlay.lookup import edit_overlay, kustomization_of

__all__ = ["bump", "bump_all", "edit_overlay", "kustomization_of", "read_entries", "read_entry"]
