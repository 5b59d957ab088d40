"""What labelled examples teach about a model's probabilities: fitted, measured on what the fit has not seen, kept."""
