"""What the library six gives to code for both Pythons, as far as modules use it; this is Python 3."""
import builtins
import functools
import io
import itertools
import operator
import sys

PY2 = False
PY3 = True
PY34 = True

string_types = (str,)
integer_types = (int,)
class_types = (type,)
text_type = str
binary_type = bytes
MAXSIZE = sys.maxsize
StringIO = io.StringIO
BytesIO = io.BytesIO
unichr = chr
int2byte = operator.methodcaller('to_bytes', 1, 'big')
byte2int = operator.itemgetter(0)
indexbytes = operator.getitem
iterbytes = iter
next = builtins.next
advance_iterator = next
callable = builtins.callable
wraps = functools.wraps
get_method_function = operator.attrgetter('__func__')
get_method_self = operator.attrgetter('__self__')
get_function_code = operator.attrgetter('__code__')
get_function_defaults = operator.attrgetter('__defaults__')
get_function_globals = operator.attrgetter('__globals__')


def b(text):
    """Bytes of a literal."""
    return text.encode('latin-1')


def u(text):
    """Text of a literal."""
    return text


def iteritems(mapping, **kw):
    """The items of a mapping."""
    return iter(mapping.items(**kw))


def iterkeys(mapping, **kw):
    """The keys of a mapping."""
    return iter(mapping.keys(**kw))


def itervalues(mapping, **kw):
    """The values of a mapping."""
    return iter(mapping.values(**kw))


def viewitems(mapping):
    """The items of a mapping."""
    return mapping.items()


def viewkeys(mapping):
    """The keys of a mapping."""
    return mapping.keys()


def viewvalues(mapping):
    """The values of a mapping."""
    return mapping.values()


def ensure_text(value, encoding='utf-8', errors='strict'):
    """Text of text or bytes."""
    if isinstance(value, bytes):
        return value.decode(encoding, errors)
    if isinstance(value, str):
        return value
    raise TypeError("not expecting type '%s'" % type(value))


ensure_str = ensure_text


def ensure_binary(value, encoding='utf-8', errors='strict'):
    """Bytes of text or bytes."""
    if isinstance(value, str):
        return value.encode(encoding, errors)
    if isinstance(value, bytes):
        return value
    raise TypeError("not expecting type '%s'" % type(value))


def raise_from(value, from_value):
    """Raises one error because of another."""
    raise value from from_value


def reraise(tp, value, tb=None):
    """Raises an error again, with its traceback."""
    error = value if value is not None else tp()
    raise error.with_traceback(tb) if error.__traceback__ is not tb else error


def with_metaclass(meta, *bases):
    """A base class that gives those derived from it this metaclass."""
    class Temporary(type):
        def __new__(cls, name, this_bases, d):
            return meta(name, bases, d)
    return type.__new__(Temporary, 'temporary_class', (), {})


def add_metaclass(metaclass):
    """A decorator that makes a class again with this metaclass."""
    def wrapper(cls):
        own = {name: value for name, value in vars(cls).items() if name not in ('__dict__', '__weakref__')}
        return metaclass(cls.__name__, cls.__bases__, own)
    return wrapper


def python_2_unicode_compatible(cls):
    """Nothing to do here."""
    return cls


print_ = builtins.print
zip_longest = itertools.zip_longest
