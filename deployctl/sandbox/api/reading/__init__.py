"""Reading: selectors, lists at a revision, watches."""
