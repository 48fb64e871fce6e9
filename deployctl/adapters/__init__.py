"""What touches the world: each package implements ports of `deployctl.ports`, and no vendor type leaves it."""
