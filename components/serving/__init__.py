"""Step 7: serving."""
