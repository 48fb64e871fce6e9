"""Bringing up somebody's own kustomization: what it refers to and does not contain is made up."""
