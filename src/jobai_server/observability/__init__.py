"""Every metric we define, and traces. Below the engines, so that every process can count."""
