"""Checks of parameters, and conversions to the types that they are declared with."""
import decimal
import json
import os
from ast import literal_eval

from ansible.module_utils.common.collections import is_iterable
from ansible.module_utils.common.text.converters import jsonify, to_native
from ansible.module_utils.common.text.formatters import human_to_bytes
from ansible.module_utils.parsing.convert_bool import boolean


def _refuse(msg, options_context):
    found = ' found in %s' % ' -> '.join(options_context) if options_context else ''
    raise TypeError(msg + found)


def count_terms(terms, parameters):
    """How many of these parameters are given."""
    names = terms if is_iterable(terms) else [terms]
    return len(set(names).intersection(parameters))


def check_mutually_exclusive(terms, parameters, options_context=None):
    """At most one of each list is given."""
    wrong = [names for names in terms or [] if count_terms(names, parameters) > 1]
    if wrong:
        shown = ', '.join('|'.join(names) for names in wrong)
        _refuse('parameters are mutually exclusive: %s' % shown, options_context)
    return []


def check_required_one_of(terms, parameters, options_context=None):
    """At least one of each list is given."""
    for names in terms or []:
        if not count_terms(names, parameters):
            _refuse('one of the following is required: %s' % ', '.join(names), options_context)
    return []


def check_required_together(terms, parameters, options_context=None):
    """All of each list are given, or none."""
    for names in terms or []:
        given = [count_terms(name, parameters) for name in names]
        if any(given) and not all(given):
            _refuse('parameters are required together: %s' % ', '.join(names), options_context)
    return []


def check_required_by(requirements, parameters, options_context=None):
    """With the key of each entry all that it names are given."""
    for name, needed in (requirements or {}).items():
        if parameters.get(name) is None:
            continue
        needed = [needed] if isinstance(needed, str) else needed
        missing = [other for other in needed if parameters.get(other) is None]
        if missing:
            _refuse("missing parameter(s) required by '%s': %s" % (name, ', '.join(missing)), options_context)
    return {}


def check_required_arguments(argument_spec, parameters, options_context=None):
    """Whatever is required is given."""
    missing = [name for name, option in (argument_spec or {}).items()
               if option.get('required', False) and name not in parameters]
    if missing:
        _refuse('missing required arguments: %s' % ', '.join(sorted(missing)), options_context)
    return []


def check_required_if(requirements, parameters, options_context=None):
    """Where a parameter has a value, others are given: all of them, or one where the fourth item is true."""
    for requirement in requirements or []:
        name, value, needed = requirement[:3]
        one_will_do = bool(requirement[3:] and requirement[3])
        if name not in parameters or parameters[name] != value:
            continue
        missing = [other for other in needed if not count_terms(other, parameters)]
        if missing and (not one_will_do or len(missing) == len(needed)):
            which = 'any' if one_will_do else 'all'
            _refuse('%s is %s but %s of the following are missing: %s' % (name, value, which, ', '.join(missing)),
                    options_context)
    return []


def check_missing_parameters(parameters, required_parameters=None):
    """All of these have a value that counts as true."""
    missing = [name for name in required_parameters or [] if not parameters.get(name)]
    if missing:
        _refuse('missing required arguments: %s' % ', '.join(missing), None)
    return []


def check_type_str(value, allow_conversion=True, param=None, prefix=''):
    """Text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ''
    if allow_conversion:
        return to_native(value, errors='surrogate_or_strict')
    raise TypeError("'%r' is not a string and conversion is not allowed" % (value,))


def check_type_list(value):
    """A list; text is cut at its commas."""
    if isinstance(value, list):
        return value
    if isinstance(value, str):
        return value.split(',')
    if isinstance(value, (int, float)):
        return [str(value)]
    raise TypeError('%s cannot be converted to a list' % type(value))


def _pairs(text):
    """The fields of `a=1, b='x y'`; quotes keep what would end one, a backslash keeps any character."""
    fields, field, quote, escaped = [], '', None, False
    for char in text.strip() + ',':
        if escaped:
            field, escaped = field + char, False
        elif char == '\\':
            escaped = True
        elif quote:
            quote = None if char == quote else quote
            field += '' if quote is None else char
        elif char in '\'"':
            quote = char
        elif char in ', ':
            fields, field = fields + [field] if field else fields, ''
        else:
            field += char
    # The comma put behind the text ends nothing where a quote or an escape is still open.
    last = field[:-1] if field.endswith(',') and (quote or escaped) else field
    return fields + [last] if last else fields


def check_type_dict(value):
    """A dictionary; text may hold JSON, Python or pairs of name and value."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, str):
        raise TypeError('%s cannot be converted to a dict' % type(value))
    if value.startswith('{'):
        for read in (json.loads, literal_eval):
            try:
                found = read(value)
            except Exception:
                continue
            if isinstance(found, dict) or read is json.loads:
                return found
        raise TypeError('unable to evaluate string as dictionary')
    if '=' not in value:
        raise TypeError('dictionary requested, could not parse JSON or key=value')
    try:
        return dict(field.split('=', 1) for field in _pairs(value))
    except ValueError:
        raise TypeError('unable to evaluate string in the "key=value" format as dictionary')


def check_type_bool(value):
    """A truth."""
    if isinstance(value, (bool, str, int, float)):
        return boolean(value)
    raise TypeError('%s cannot be converted to a bool' % type(value))


def check_type_int(value):
    """A whole number."""
    if isinstance(value, int):
        return value
    try:
        exact = decimal.Decimal(value)
        if exact != int(exact):
            raise ValueError('Significant decimal part found')
        return int(exact)
    except (decimal.DecimalException, TypeError, ValueError, OverflowError) as e:
        raise TypeError('"%r" cannot be converted to an int' % (value,)) from e


def check_type_float(value):
    """A number."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError('%s cannot be converted to a float' % type(value))


def check_type_path(value):
    """A path, with variables and `~` expanded."""
    return os.path.expanduser(os.path.expandvars(check_type_str(value)))


def check_type_raw(value):
    """Anything."""
    return value


def check_type_bytes(value):
    """A size, like `10M`."""
    try:
        return human_to_bytes(value)
    except ValueError:
        raise TypeError('%s cannot be converted to a Byte value' % type(value))


def check_type_bits(value):
    """A size in bits, like `10Mb`."""
    try:
        return human_to_bytes(value, isbits=True)
    except ValueError:
        raise TypeError('%s cannot be converted to a Bit value' % type(value))


def check_type_jsonarg(value):
    """JSON: text that is taken for it, or a structure made into it."""
    if isinstance(value, (str, bytes)):
        return value.strip()
    if isinstance(value, (list, tuple, dict)):
        return jsonify(value)
    raise TypeError('%s cannot be converted to a json string' % type(value))
