"""Prediction in batches: rows of a window scored by the model that serves."""
