"""One file for each step of a release: a generator of events that returns what is worth saying of its result."""
