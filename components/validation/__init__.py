"""Step 6: the verdict on the candidate."""
