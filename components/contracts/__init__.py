"""The words that steps share: values only, no input or output, no orchestrator."""
