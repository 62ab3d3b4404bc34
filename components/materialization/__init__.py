"""The feature store's step: the latest values of each view go online."""
