"""The Deployment controller: one rollout step a sync, decided from the ReplicaSets as they are."""
