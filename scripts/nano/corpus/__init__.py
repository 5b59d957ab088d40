"""Synthetic job-domain text and tasks for training and evaluating jobai-nano."""
