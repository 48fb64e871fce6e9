"""Scenarios: worlds as data. What a sandbox holds when it starts, and what goes wrong in it."""
