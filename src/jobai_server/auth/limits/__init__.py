"""What a key may use up: requests and tokens a minute, requests at the same time."""
