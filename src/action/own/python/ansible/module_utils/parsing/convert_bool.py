"""Words for true and false."""
from ansible.module_utils.common.text.converters import to_text

BOOLEANS_TRUE = frozenset(('y', 'yes', 'on', '1', 'true', 't', 1, 1.0, True))
BOOLEANS_FALSE = frozenset(('n', 'no', 'off', '0', 'false', 'f', 0, 0.0, False))
BOOLEANS = BOOLEANS_TRUE | BOOLEANS_FALSE


def boolean(value, strict=True):
    """The truth that a value says; where it says none, an error if `strict`, else false."""
    if isinstance(value, bool):
        return value
    word = to_text(value).lower().strip() if isinstance(value, (str, bytes)) else value
    try:
        if word in BOOLEANS_TRUE:
            return True
        if word in BOOLEANS_FALSE or not strict:
            return False
    except TypeError:  # not hashable
        if not strict:
            return False
    known = ', '.join(repr(item) for item in BOOLEANS)
    raise TypeError("The value '%s' is not a valid boolean. Valid booleans include: %s" % (to_text(value), known))
