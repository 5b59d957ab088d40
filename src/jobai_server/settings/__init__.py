"""Every setting of the server: the environment, and the model config file it names."""

from jobai_server.settings.loader import (
    CLIENT_KEY_VARIABLE,
    Settings,
    forget_secrets,
    load_server_settings,
    load_settings,
)
from jobai_server.settings.model import ModelSettings
from jobai_server.settings.models_config import EngineSettings, ModelsConfig
from jobai_server.settings.server import ServerSettings

__all__ = [
    "CLIENT_KEY_VARIABLE",
    "EngineSettings",
    "ModelSettings",
    "ModelsConfig",
    "ServerSettings",
    "Settings",
    "forget_secrets",
    "load_server_settings",
    "load_settings",
]
