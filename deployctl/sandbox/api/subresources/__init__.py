"""What lies below an object: scale, log, eviction, binding, token, proxy."""
