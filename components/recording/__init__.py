"""The metadata store's steps: what stood before a run, and what came of it."""
