"""The Kubernetes API: reads, server-side apply, access reviews, the Lease and the release records.

The `kubernetes` package reads the kubeconfig and authenticates; requests and answers are plain JSON, so that an object
never passes through typed models that drop what they do not know. It is imported when the first request is made, for
it takes a fifth of a second.
"""
