"""Who may use the server."""

from jobai_server.auth.host import generate_new_key

__all__ = ["generate_new_key"]
