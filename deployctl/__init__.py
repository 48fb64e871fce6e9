"""deployctl: one command from a version number to a verified production."""
