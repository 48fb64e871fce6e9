"""An OCI registry as docker, containerd and skopeo speak it, with the endpoints of Azure Container Registry."""
