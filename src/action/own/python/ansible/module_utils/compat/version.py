"""Versions that can be compared, as distutils had them."""
import functools
import re


@functools.total_ordering
class Version:
    """What both kinds share: they compare by `version`, with texts too."""

    def __init__(self, vstring=None):
        if vstring:
            self.parse(vstring)

    def __repr__(self):
        return "%s ('%s')" % (type(self).__name__, self)

    def __eq__(self, other):
        compared = self._with(other)
        return compared if compared is NotImplemented else compared[0] == compared[1]

    def __lt__(self, other):
        compared = self._with(other)
        return compared if compared is NotImplemented else compared[0] < compared[1]

    __hash__ = None

    def _with(self, other):
        if isinstance(other, str):
            other = type(self)(other)
        return (self._key(), other._key()) if isinstance(other, type(self)) else NotImplemented


class LooseVersion(Version):
    """Any version: numbers and words in turn."""

    def parse(self, vstring):
        """Reads it."""
        self.vstring = vstring
        parts = (part for part in re.split(r'(\d+|[a-z]+|\.)', vstring) if part and part != '.')
        self.version = [int(part) if part.isdigit() else part for part in parts]

    def __str__(self):
        return self.vstring

    def _key(self):
        return self.version


class StrictVersion(Version):
    """`1.2`, `1.2.3`, `1.2a1`."""

    def parse(self, vstring):
        """Reads it."""
        found = re.match(r'(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?$', vstring)
        if not found:
            raise ValueError("invalid version number '%s'" % vstring)
        major, minor, patch, letter, number = found.groups()
        self.version = int(major), int(minor), int(patch or 0)
        self.prerelease = (letter, int(number)) if letter else None

    def __str__(self):
        shown = '.'.join(map(str, self.version if self.version[2] else self.version[:2]))
        return shown + ('%s%s' % self.prerelease if self.prerelease else '')

    def _key(self):
        # A release comes after what leads to it.
        return self.version, self.prerelease or ('z', 0)
