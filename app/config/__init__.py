"""Settings: one typed, frozen class and the only reader of the environment and of ``instance/config.yaml``."""

from app.config.loading import VARIABLES, SettingsError, load_settings
from app.config.settings import REPOSITORY, Environment, Settings

__all__ = ["REPOSITORY", "VARIABLES", "Environment", "Settings", "SettingsError", "load_settings"]
