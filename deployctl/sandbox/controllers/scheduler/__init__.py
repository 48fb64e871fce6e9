"""The scheduler: filters, scores and the words it refuses with."""
