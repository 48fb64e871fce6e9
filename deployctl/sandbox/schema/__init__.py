"""What the API server knows of its kinds, from data: types, defaults, validation, strict decoding, OpenAPI. Pure."""
