"""Measuring a model on the held-out split."""
