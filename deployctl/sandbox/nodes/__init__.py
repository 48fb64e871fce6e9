"""Nodes: kubelets with image stores and the programs that run in pods. `fleet.Fleet` is the way in."""
