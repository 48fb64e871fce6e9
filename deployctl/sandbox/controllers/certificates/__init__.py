"""cert-manager, as far as a release can see it: Certificates of Ingresses, their secrets and conditions."""
