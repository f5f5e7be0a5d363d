"""Between text and bytes. Bytes that are no UTF-8 become surrogates in text, and themselves again in bytes."""
import json

# Names of Ansible's own for what Python calls surrogateescape.
_ESCAPING = (None, 'surrogate_or_replace', 'surrogate_or_strict', 'surrogate_then_replace')


def _errors(errors):
    return 'surrogateescape' if errors in _ESCAPING else errors


def _nonstring(obj, nonstring, empty, convert):
    if nonstring == 'simplerepr':
        return convert(str(obj))
    if nonstring == 'passthru':
        return obj
    if nonstring == 'empty':
        return empty
    if nonstring == 'strict':
        raise TypeError('obj must be a string type')
    raise TypeError('Invalid value %s for the nonstring parameter' % nonstring)


def to_bytes(obj, encoding='utf-8', errors=None, nonstring='simplerepr'):
    """Bytes of a text; of anything else as `nonstring` says."""
    if isinstance(obj, bytes):
        return obj
    if not isinstance(obj, str):
        return _nonstring(obj, nonstring, b'', lambda text: to_bytes(text, encoding, errors))
    try:
        return obj.encode(encoding, _errors(errors))
    except UnicodeEncodeError:
        if errors not in (None, 'surrogate_then_replace'):
            raise
        whole = obj.encode('utf-8', 'surrogateescape').decode('utf-8', 'replace')
        return whole.encode(encoding, 'replace')


def to_text(obj, encoding='utf-8', errors=None, nonstring='simplerepr'):
    """Text of bytes; of anything else as `nonstring` says."""
    if isinstance(obj, str):
        return obj
    if isinstance(obj, bytes):
        return obj.decode(encoding, _errors(errors))
    return _nonstring(obj, nonstring, '', lambda text: text)


to_native = to_text


def jsonify(data, **kwargs):
    """JSON of a value, as modules return it."""
    from ansible.module_utils.common.json import AnsibleJSONEncoder
    return json.dumps(data, cls=AnsibleJSONEncoder, **kwargs)


def _converted(value, convert):
    if isinstance(value, dict):
        return {_converted(k, convert): _converted(v, convert) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_converted(item, convert) for item in value)
    return convert(value)


def container_to_bytes(d, encoding='utf-8', errors='surrogate_or_strict'):
    """A structure in which all text is bytes."""
    return _converted(d, lambda v: to_bytes(v, encoding, errors) if isinstance(v, str) else v)


def container_to_text(d, encoding='utf-8', errors='surrogate_or_strict'):
    """A structure in which all bytes are text."""
    return _converted(d, lambda v: to_text(v, encoding, errors) if isinstance(v, bytes) else v)
