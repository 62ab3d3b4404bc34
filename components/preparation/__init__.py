"""Step 3: rows become training, validation and test sets; features live here."""
