"""What controllers and kubelets share: reading objects, queues keyed by object, events, pods' arithmetic."""
