"""An NGINX ingress controller: from a host and path to a ready pod, with TLS by host name."""
