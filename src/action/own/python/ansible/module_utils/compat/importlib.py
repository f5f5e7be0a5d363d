"""The old place of import_module."""
from importlib import import_module  # noqa: F401
