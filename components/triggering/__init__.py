"""Triggering: the one door through which every training comes."""
