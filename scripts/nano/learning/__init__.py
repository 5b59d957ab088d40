"""Turning the corpus into a trained model: tokenizer, architecture, batches, optimisation."""
