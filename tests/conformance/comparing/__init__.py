"""One procedure on two clusters, and the difference between what they answered."""
