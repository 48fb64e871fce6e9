"""The overlay as objects, by kustomize itself, which is the reference implementation and the user's own tool."""
