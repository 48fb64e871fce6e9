"""The Job controller: pods until enough have succeeded, or too many failed."""
