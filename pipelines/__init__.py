"""The pipelines, and the commands that compile and run them."""
