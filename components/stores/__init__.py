"""Where things are kept: snapshots, models, runs."""
