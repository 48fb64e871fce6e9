"""A tag read backwards through its template."""

from __future__ import annotations


def version_of_tag(template: str, tag: str) -> str:
    """The version that a tag stands for: what the template's `{version}` took in; else the tag itself."""
    before, found, after = template.partition("{version}")
    fits = found and "{" not in before + after and tag.startswith(before) and tag.endswith(after)
    return tag[len(before) : len(tag) - len(after)] if fits else tag
