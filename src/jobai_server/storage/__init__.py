"""The server's database, and how its tables came to be; what is in them belongs to the rooms above."""
