"""Dictionaries with keys in another spelling, merged or compared."""
import re
from collections.abc import MutableMapping
from copy import deepcopy


def _camel_to_snake(name, reversible=False):
    if reversible:
        # Every capital on its own, so that it can be told again.
        marked = re.sub('[A-Z]', lambda m: '_' + m.group(0).lower(), name)
        return marked[1:] if marked.startswith('_') and not name.startswith('_') else marked
    # A plural of an abbreviation (`ARNs`) is one word.
    marked = re.sub('[A-Z]{3,}s$', lambda m: '_' + m.group(0).lower(), name)
    if marked.startswith('_') and not name.startswith('_'):
        marked = marked[1:]
    marked = re.sub('(.)([A-Z][a-z]+)', r'\1_\2', marked)
    return re.sub('([a-z0-9])([A-Z]+)', r'\1_\2', marked).lower()


def _snake_to_camel(snake, capitalize_first=False):
    first, *others = snake.split('_')
    words = [first.capitalize() or '_' if capitalize_first else first]
    return ''.join(words + [word.capitalize() or '_' for word in others])


def camel_dict_to_snake_dict(camel_dict, reversible=False, ignore_list=()):
    """Keys like `targetGroup` as `target_group`, at every depth but below those of `ignore_list`."""
    def converted(value):
        if isinstance(value, dict):
            return camel_dict_to_snake_dict(value, reversible)
        if isinstance(value, list):
            return [converted(item) for item in value]
        return value
    return {_camel_to_snake(key, reversible): value if key in ignore_list else converted(value)
            for key, value in camel_dict.items()}


def snake_dict_to_camel_dict(snake_dict, capitalize_first=False):
    """Keys like `target_group` as `targetGroup`, at every depth."""
    if isinstance(snake_dict, dict):
        return {_snake_to_camel(key, capitalize_first): snake_dict_to_camel_dict(value, capitalize_first)
                for key, value in snake_dict.items()}
    if isinstance(snake_dict, list):
        return [snake_dict_to_camel_dict(item, capitalize_first) for item in snake_dict]
    return snake_dict


def dict_merge(a, b):
    """`b` over `a`, dictionaries within both being merged too."""
    if not isinstance(b, dict):
        return b
    merged = deepcopy(a)
    for key, value in b.items():
        inner = isinstance(merged.get(key), dict)
        merged[key] = dict_merge(merged[key], value) if inner else deepcopy(value)
    return merged


def recursive_diff(dict1, dict2):
    """What only the first has, or has otherwise, and the same of the second; nothing where they are equal."""
    if not (isinstance(dict1, MutableMapping) and isinstance(dict2, MutableMapping)):
        raise TypeError("Unable to diff 'dict1' %s and 'dict2' %s. Both must be a dictionary."
                        % (type(dict1), type(dict2)))
    left = {key: value for key, value in dict1.items() if key not in dict2}
    right = {key: value for key, value in dict2.items() if key not in dict1}
    for key in dict1.keys() & dict2.keys():
        one, other = dict1[key], dict2[key]
        if isinstance(one, dict) and isinstance(other, dict):
            inner = recursive_diff(one, other)
            if inner:
                left[key], right[key] = inner
        elif one != other:
            left[key], right[key] = one, other
    return (left, right) if left or right else None
