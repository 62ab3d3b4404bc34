"""Monitoring: what was served, how it moved, and how good it was."""
