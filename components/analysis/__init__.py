"""Step 2: what the rows look like, and whether they may be trained on."""
