"""What a module warns of, kept until it ends."""
import sys

_warnings = []
_deprecations = []


def _module():
    """The module's own full name: `ansible.legacy.NAME` where it belongs to no collection."""
    name = getattr(sys.modules['__main__'], '_module_fqn', None) or 'ansible.modules.unknown'
    parts = name.split('.')
    if parts[0] == 'ansible':
        return 'ansible.legacy', 'ansible.legacy.' + parts[-1]
    collection = '.'.join(parts[1:3])
    return collection, '.'.join([collection] + parts[5:])


def warn(warning, *, help_text=None):
    """Warns, once of each thing."""
    if not isinstance(warning, str):
        raise TypeError('warning must be a string, not %s' % type(warning).__name__)
    words = '%s %s' % (warning, help_text) if help_text else warning
    if words not in _warnings:
        _warnings.append(words)


def error_as_warning(msg, exception, *, help_text=None):
    """Warns of an error."""
    warn(': '.join(filter(None, [msg, str(exception)])), help_text=help_text)


def deprecate(msg, version=None, date=None, collection_name=None, *, deprecator=None, help_text=None):
    """Tells that something goes away."""
    if not isinstance(msg, str):
        raise TypeError('msg must be a string, not %s' % type(msg).__name__)
    own_collection, own_name = _module()
    if collection_name:
        by = {'resolved_name': collection_name, 'type': None}
    else:
        by = {'resolved_name': own_name, 'type': 'module'}
    told = {'msg': msg, 'collection_name': collection_name or own_collection, 'deprecator': by}
    if date is not None:
        told['date'] = str(date)
    elif version is not None:
        told['version'] = version
    if help_text:
        told['help_text'] = help_text
    if told not in _deprecations:
        _deprecations.append(told)


def get_warning_messages():
    """All warnings so far."""
    return tuple(_warnings)


def get_deprecation_messages():
    """All that goes away."""
    return tuple(_deprecations)
