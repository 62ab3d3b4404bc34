"""Step 5: candidate, champion and baseline are measured on the same rows."""
