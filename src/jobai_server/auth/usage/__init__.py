"""What each key has used: counted in memory, kept in the store."""
