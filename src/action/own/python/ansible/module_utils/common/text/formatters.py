"""Sizes as people write them."""
import re

SIZE_RANGES = {letter: 1 << bits for letter, bits in
               (('Y', 80), ('Z', 70), ('E', 60), ('P', 50), ('T', 40), ('G', 30), ('M', 20), ('K', 10), ('B', 0))}

_PREFIXES = {'Y': 'yotta', 'Z': 'zetta', 'E': 'exa', 'P': 'peta', 'T': 'tera', 'G': 'giga', 'M': 'mega', 'K': 'kilo',
             'B': ''}


def lenient_lowercase(lst):
    """The items in lower case where they are text."""
    return [item.lower() if isinstance(item, str) else item for item in lst]


def human_to_bytes(number, default_unit=None, isbits=False):
    """The number of bytes, or bits, that a text like `2K` or `1.5 MB` says."""
    found = re.match(r'([0-9]*\.?[0-9]+)\s*([A-Za-z]*)\s*$', str(number))
    if found is None:
        raise ValueError("human_to_bytes() can't interpret following string: %s" % number)
    amount, unit = float(found.group(1)), found.group(2) or default_unit
    if unit is None:
        return int(round(amount))
    letter = unit[0].upper()
    if letter not in SIZE_RANGES:
        raise ValueError('human_to_bytes() failed to convert %s (unit = %s). The suffix must be one of %s'
                         % (number, unit, ', '.join(SIZE_RANGES)))
    end, word = ('b', 'bit') if isbits else ('B', 'byte')
    short = end if letter == 'B' else letter + end
    if len(unit) > 1 and unit != short and unit.lower() != _PREFIXES[letter] + word:
        expected = '%s or %s' % (short, word if letter == 'B' else letter)
        raise ValueError('human_to_bytes() failed to convert %s. Value is not a valid string (expect %s)'
                         % (number, expected))
    return int(round(amount * SIZE_RANGES[letter]))


def bytes_to_human(size, isbits=False, unit=None):
    """A size in the largest unit that it fills, or in this one."""
    for letter, limit in SIZE_RANGES.items():
        if unit.upper() == letter if unit else size >= limit:
            break
    if limit == 1:
        suffix = 'bits' if isbits else 'Bytes'
    else:
        suffix = letter + ('b' if isbits else 'B')
    return '%.2f %s' % (size / limit, suffix)
