"""The commands of `evergreen`, one module per area."""
