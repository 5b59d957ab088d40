"""Questions about one input, each answered by the probabilities of a few possible next tokens."""
