"""Observing, executing, verifying and undoing a release, through ports. Yields events and never prints."""
