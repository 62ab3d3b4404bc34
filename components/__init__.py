"""The steps of continuous training: what runs in a container."""
