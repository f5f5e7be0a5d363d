"""What was needed for Python 2.4, and is still imported."""
import sys
from ast import literal_eval  # noqa: F401


def get_exception():
    """The exception that is being handled."""
    return sys.exc_info()[1]
