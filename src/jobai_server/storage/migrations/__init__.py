"""How the database's tables came to be; applied at start, under a lock, in one transaction."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from jobai_server.errors import ConfigurationError


def migrate(connection: Connection) -> None:
    """Bring the tables to the newest form, inside the transaction that the connection is in.

    Raises:
        ConfigurationError: A newer version of the server has been at work here.
    """
    # Only the process that starts the others ever migrates; the others do without alembic.
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    try:
        with EnvironmentContext(config, script, fn=lambda at, _: script._upgrade_revs("head", at)) as environment:
            environment.configure(connection=connection)
            with environment.begin_transaction():
                environment.run_migrations()
    except CommandError:
        raise ConfigurationError(
            "The key store was written by a newer version of jobai-server; start that version, or restore a backup."
        ) from None
