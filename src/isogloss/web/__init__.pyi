from .app import create_app
from .server import serve
from .settings import ServerSettings

__all__ = ["ServerSettings", "create_app", "serve"]
