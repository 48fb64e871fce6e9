"""The sandbox's Kubernetes API server: `cluster.Cluster` in process, `server.build_app` over https."""
