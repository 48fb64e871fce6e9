"""The API over HTTP: from a request to a `Call`, and from a `Reply` or `Stream` back."""
