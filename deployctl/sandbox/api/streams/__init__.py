"""Connections into pods: commands and forwarded ports, over the API server's websockets."""
