"""jobai-server: an OpenAI-compatible model server for job discovery."""
