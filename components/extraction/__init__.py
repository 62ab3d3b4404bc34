"""Step 1: a window of rows becomes an immutable snapshot."""
