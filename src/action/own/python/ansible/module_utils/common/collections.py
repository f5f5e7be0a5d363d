"""Kinds of containers."""
from collections import Counter
from collections.abc import Hashable, Mapping, MutableMapping, Sequence  # noqa: F401


class ImmutableDict(Hashable, Mapping):
    """A dictionary that stays as it is, and so can be a key."""

    def __init__(self, *args, **kwargs):
        self._items = dict(*args, **kwargs)

    def __getitem__(self, key):
        return self._items[key]

    def __iter__(self):
        return iter(self._items)

    def __len__(self):
        return len(self._items)

    def __hash__(self):
        return hash(frozenset(self._items.items()))

    def __eq__(self, other):
        try:
            return hash(self) == hash(other)
        except TypeError:
            return False

    def __repr__(self):
        return 'ImmutableDict(%r)' % self._items

    def union(self, overriding_mapping):
        """Another one with these items over its own."""
        return ImmutableDict(self._items, **overriding_mapping)

    def difference(self, subtractive_iterable):
        """Another one without these keys."""
        gone = frozenset(subtractive_iterable)
        return ImmutableDict((k, v) for k, v in self._items.items() if k not in gone)


def is_string(seq):
    """Whether it is text or bytes."""
    return isinstance(seq, (str, bytes))


def is_iterable(seq, include_strings=False):
    """Whether one can go through it; text counts only if asked for."""
    if is_string(seq) and not include_strings:
        return False
    try:
        iter(seq)
    except TypeError:
        return False
    return True


def is_sequence(seq, include_strings=False):
    """Whether its items have numbers; text counts only if asked for."""
    return isinstance(seq, Sequence) and (include_strings or not is_string(seq))


def count(seq):
    """How often each item is in it."""
    if not is_iterable(seq):
        raise Exception('Argument provided  is not an iterable')
    return dict(Counter(seq))
