"""What the feature store is made of: Feast's extension points on DuckDB, and the rules for looking features up."""
