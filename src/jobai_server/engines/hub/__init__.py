"""The model hub: what a repository holds, and bringing it whole onto this machine."""
