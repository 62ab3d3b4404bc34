"""Policies tried on the past, without servers: how good the served model would have been, for how many trainings."""
