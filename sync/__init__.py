"""The engine that keeps the replicas of every table in step with the hub."""
