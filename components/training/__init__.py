"""Step 4: prepared rows become a candidate model."""
