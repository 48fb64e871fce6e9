"""The StatefulSet controller: pods with names that last, one after the other."""
