"""Parameters against their declarations, and secrets out of results."""
import datetime
import os
from collections.abc import KeysView, Mapping, Sequence, Set

from ansible.module_utils import errors as wrong
from ansible.module_utils.common import validation
from ansible.module_utils.common.collections import is_iterable, is_sequence
from ansible.module_utils.common.text.converters import to_native
from ansible.module_utils.common.warnings import warn
from ansible.module_utils.errors import AnsibleFallbackNotFound
from ansible.module_utils.parsing.convert_bool import BOOLEANS_FALSE, BOOLEANS_TRUE

DEFAULT_TYPE_VALIDATORS = {
    'str': validation.check_type_str,
    'list': validation.check_type_list,
    'dict': validation.check_type_dict,
    'bool': validation.check_type_bool,
    'int': validation.check_type_int,
    'float': validation.check_type_float,
    'path': validation.check_type_path,
    'raw': validation.check_type_raw,
    'jsonarg': validation.check_type_jsonarg,
    'json': validation.check_type_jsonarg,
    'bytes': validation.check_type_bytes,
    'bits': validation.check_type_bits,
}

# What a declaration can say beside its options, in the order in which it is checked.
_RULES = (
    ('required_together', validation.check_required_together, wrong.RequiredTogetherError),
    ('required_one_of', validation.check_required_one_of, wrong.RequiredOneOfError),
    ('required_if', validation.check_required_if, wrong.RequiredIfError),
    ('required_by', validation.check_required_by, wrong.RequiredByError),
)

_HIDDEN = 'VALUE_SPECIFIED_IN_NO_LOG_PARAMETER'


def env_fallback(*args, **kwargs):
    """The first of these environment variables that is set."""
    for name in args:
        if name in os.environ:
            return os.environ[name]
    raise AnsibleFallbackNotFound


def set_fallbacks(argument_spec, parameters):
    """Gives what is not given the value of its fallback; returns the secret ones."""
    secrets = set()
    for name, option in argument_spec.items():
        strategy, *given = option.get('fallback') or (None,)
        if name in parameters or strategy is None:
            continue
        args, kwargs = [], {}
        for item in given:
            if isinstance(item, dict):
                kwargs = item
            else:
                args = item
        try:
            value = strategy(*args, **kwargs)
        except AnsibleFallbackNotFound:
            continue
        if option.get('no_log', False) and value:
            secrets.add(value)
        parameters[name] = value
    return secrets


def _is_nested(option):
    kind = option.get('type')
    return kind == 'dict' or (kind == 'list' and option.get('elements', '') == 'dict')


def _texts(value):
    """Every text and number within a value."""
    if isinstance(value, (str, bytes)):
        return {to_native(value)} if value else set()
    if isinstance(value, Mapping):
        value = value.values()
    elif value is None or isinstance(value, bool):
        return set()
    elif isinstance(value, (int, float)):
        return {str(value)}
    elif isinstance(value, (datetime.date, datetime.time)):
        return {value.isoformat()}
    elif not is_iterable(value):
        raise TypeError('unsupported type: %s' % type(value))
    return set().union(*[_texts(item) for item in value])


def secrets_of(argument_spec, parameters):
    """The values of parameters that are not to be logged."""
    secrets = set()
    for name, option in argument_spec.items():
        value = parameters.get(name)
        if option.get('no_log', False) and value:
            try:
                secrets |= _texts(value)
            except TypeError as e:
                raise TypeError('Failed to convert "%s": %s' % (name, e))
        if option.get('options') is None or value is None or not _is_nested(option):
            continue
        for item in value if isinstance(value, list) else [value]:
            item = validation.check_type_dict(item) if isinstance(item, str) else item
            if not isinstance(item, Mapping):
                raise TypeError("Value '%s' in the sub parameter field '%s' must be a %s, not '%s'"
                                % (item, name, option.get('type'), type(item).__name__))
            secrets |= secrets_of(option['options'], item)
    return secrets


def deprecations_of(argument_spec, parameters, prefix=''):
    """What is given and goes away."""
    found = []
    for name, option in argument_spec.items():
        if name not in parameters:
            continue
        shown = '%s["%s"]' % (prefix, name) if prefix else name
        for key, when in (('removed_at_date', 'date'), ('removed_in_version', 'version')):
            if option.get(key) is not None:
                found.append({'msg': "Param '%s' is deprecated. See the module docs for more information" % shown,
                              when: option[key], 'collection_name': option.get('removed_from_collection')})
                break
        if option.get('options') is not None:
            inner = parameters[name]
            for item in inner if isinstance(inner, list) else [inner]:
                if isinstance(item, Mapping):
                    found += deprecations_of(option['options'], item, shown)
    return found


def _validator(wanted):
    """What converts to a type, and the type's name."""
    if callable(wanted):
        return wanted, getattr(wanted, '__name__', str(type(wanted)))
    wanted = wanted or 'str'
    return DEFAULT_TYPE_VALIDATORS.get(wanted), wanted


class Checker:
    """Goes through parameters, level by level, and gathers what is found."""

    def __init__(self):
        self.errors = wrong.AnsibleValidationErrorMultiple()
        self.secrets = set()
        self.aliases = {}
        self.deprecations = []
        # By the path of what nobody knows: the names and aliases that are known there.
        self.unsupported = {}
        self.context = []

    def _try(self, error, check, *args):
        try:
            return check(*args)
        except (TypeError, ValueError) as e:
            self.errors.append(error(to_native(e)))
            return None

    def level(self, spec, parameters, rules, prefix=''):
        """Checks the parameters of one declaration, in place, then those within them."""
        aliases = self._try(wrong.AliasError, self._take_aliases, spec, parameters, prefix) or {}
        if not self.context:
            self.aliases = aliases
            self.deprecations += deprecations_of(spec, parameters)
        self.secrets |= self._try(wrong.NoLogError, secrets_of, spec, parameters) or set()
        known = sorted(aliases), sorted(spec)
        for name in parameters:
            if name not in aliases and name not in spec:
                self.unsupported['.'.join(self.context + [name])] = known
        self._try(wrong.MutuallyExclusiveError, validation.check_mutually_exclusive,
                  rules.get('mutually_exclusive'), parameters, self.context)
        self._defaults(spec, parameters, False)
        self._try(wrong.RequiredError, validation.check_required_arguments, spec, parameters, self.context)
        self._types(spec, parameters)
        self._values(spec, parameters)
        for name, check, error in _RULES:
            self._try(error, check, rules.get(name), parameters, self.context)
        self._defaults(spec, parameters, True)
        for name, option in spec.items():
            if _is_nested(option):
                self._nested(name, option, parameters, prefix)

    def _take_aliases(self, spec, parameters, prefix):
        canonical = {}
        for name, option in spec.items():
            for alias in option.get('deprecated_aliases', []):
                if alias.get('name') in parameters:
                    words = "Alias '%s%s' is deprecated. See the module docs for more information"
                    self.deprecations.append(dict(alias, msg=words % (prefix, alias['name'])))
            if option.get('default') is not None and option.get('required', False):
                raise ValueError('internal error: required and default are mutually exclusive for %s' % name)
            aliases = option.get('aliases')
            if aliases is None:
                continue
            if not is_iterable(aliases):
                raise TypeError('internal error: aliases must be a list or tuple')
            for alias in aliases:
                canonical[alias] = name
                if alias in parameters:
                    if name in parameters:
                        shown = prefix + name, prefix + alias
                        warn('Both option %s and its alias %s are set.' % shown)
                    parameters[name] = parameters[alias]
        return canonical

    def _defaults(self, spec, parameters, all_of_them):
        """Sets defaults: what has none becomes None, but only once all that is required is known to be there."""
        for name, option in spec.items():
            default = option.get('default')
            if name not in parameters and (default is not None or all_of_them):
                if option.get('no_log', False) and default:
                    self.secrets |= _texts(default)
                parameters[name] = default

    def _types(self, spec, parameters):
        place = ' -> '.join(self.context)
        for name, option in spec.items():
            value = parameters.get(name)
            optional = not option.get('required') and option.get('default') is None
            if name not in parameters or (value is None and optional):
                continue
            convert, kind = _validator(option.get('type'))
            try:
                parameters[name] = convert(value)
            except (TypeError, ValueError) as e:
                found = " found in '%s'." % place if place else ''
                self.errors.append(wrong.ArgumentTypeError(
                    "argument '%s' is of type %s%s and we were unable to convert to %s: %s"
                    % (name, type(value).__name__, found, kind, to_native(e))))
                continue
            if option.get('elements'):
                parameters[name] = self._elements(name, kind, option['elements'], parameters[name], place)

    def _elements(self, name, kind, wanted, values, place):
        if not isinstance(values, list):
            found = " found in '%s'." % place if place else ''
            self.errors.append(wrong.ArgumentTypeError(
                "Invalid type %s for option '%s'%s, elements value check is supported only with 'list' type"
                % (kind, values, found)))
            return values
        convert, kind = _validator(wanted)
        converted = []
        for value in values:
            try:
                converted.append(convert(value))
            except (TypeError, ValueError) as e:
                found = " found in '%s'" % place if place else ''
                self.errors.append(wrong.ElementError(
                    "Elements value for option '%s'%s is of type %s and we were unable to convert to %s: %s"
                    % (name, found, type(value).__name__, kind, to_native(e))))
        return converted

    def _values(self, spec, parameters):
        found = ' found in %s' % ' -> '.join(self.context) if self.context else ''
        for name, option in spec.items():
            choices = option.get('choices')
            if choices is None:
                continue
            if not isinstance(choices, (frozenset, KeysView)) and not is_sequence(choices):
                self.errors.append(wrong.ArgumentTypeError(
                    'internal error: choices for argument %s are not iterable: %s%s' % (name, choices, found)))
            elif name in parameters:
                self._choice(name, choices, parameters, found)

    def _choice(self, name, choices, parameters, found):
        value = parameters[name]
        shown = ', '.join(to_native(choice) for choice in choices)
        if isinstance(value, list):
            others = [item for item in value if item not in choices]
            if others:
                self.errors.append(wrong.ArgumentValueError(
                    'value of %s must be one or more of: %s. Got no match for: %s%s'
                    % (name, shown, ', '.join(to_native(item) for item in others), found)))
            return
        # YAML takes `on` for true: where one choice alone can have been meant, it was.
        for text, words in (('False', BOOLEANS_FALSE), ('True', BOOLEANS_TRUE)):
            meant = words.intersection(choices)
            if value == text and value not in choices and len(meant) == 1:
                (parameters[name],) = (value,) = meant
        if value not in choices:
            self.errors.append(wrong.ArgumentValueError(
                'value of %s must be one of: %s, got: %s%s' % (name, shown, value, found)))

    def _nested(self, name, option, parameters, prefix):
        spec = option.get('options')
        if spec is None:
            return
        if parameters.get(name) is None:
            if not option.get('apply_defaults', False):
                return
            parameters[name] = {}
        value = parameters[name]
        self.context.append(name)
        for number, item in enumerate(value if is_sequence(value) else [value]):
            if not isinstance(item, dict):
                self.errors.append(wrong.SubParameterTypeError(
                    "value of '%s' must be of type dict or list of dicts" % name))
                continue
            self.secrets |= set_fallbacks(spec, item)
            place = '%s%s[%d].' % (prefix, name, number) if option['type'] == 'list' else '%s%s.' % (prefix, name)
            self.level(spec, item, option, place)
        self.context.pop()


def _without(text, secrets):
    """Text without the secrets in it."""
    if text in secrets:
        return _HIDDEN
    for secret in secrets:
        text = text.replace(secret, '*' * 8)
    return text


def _longest_first(secrets):
    texts = {to_native(secret, errors='surrogate_or_strict') for secret in secrets}
    return sorted(texts - {''}, key=len, reverse=True)


def remove_values(value, no_log_strings):
    """The value without these secrets."""
    secrets = _longest_first(no_log_strings)

    def cleaned(value):
        if isinstance(value, str):
            return _without(value, secrets)
        if isinstance(value, bytes):
            return _without(to_native(value), secrets).encode('utf-8', 'surrogateescape')
        if value is None or isinstance(value, (bool, datetime.date, datetime.time)):
            return value
        if isinstance(value, Mapping):
            return {key: cleaned(item) for key, item in value.items()}
        if isinstance(value, Sequence):
            return [cleaned(item) for item in value]
        if isinstance(value, Set):
            return {cleaned(item) for item in value}
        if isinstance(value, (int, float)):
            return _HIDDEN if any(secret in str(value) for secret in secrets) else value
        raise TypeError('Value of unknown type: %s, %s' % (type(value), value))
    return cleaned(value)


def sanitize_keys(obj, no_log_strings, ignore_keys=frozenset()):
    """The value with these secrets out of the keys in it, but for keys to ignore."""
    secrets = _longest_first(no_log_strings)

    def key_of(key):
        return key if key in ignore_keys or key.startswith('_ansible') else _without(key, secrets)

    def cleaned(value):
        if isinstance(value, Mapping):
            return {key_of(key): cleaned(item) for key, item in value.items()}
        if is_sequence(value):
            return [cleaned(item) for item in value]
        if isinstance(value, Set):
            return {cleaned(item) for item in value}
        return value
    return cleaned(obj)
