"""Modes and attributes of files."""
import os
import stat

FILE_ATTRIBUTES = {
    'A': 'noatime', 'a': 'append', 'c': 'compressed', 'C': 'nocow', 'd': 'nodump', 'D': 'dirsync', 'e': 'extents',
    'E': 'encrypted', 'h': 'blocksize', 'i': 'immutable', 'I': 'indexed', 'j': 'journalled', 'N': 'inline',
    's': 'zero', 'S': 'synchronous', 't': 'notail', 'T': 'blockroot', 'u': 'undelete', 'X': 'compressedraw',
    'Z': 'compresseddirty',
}

S_IRANY = 0o0444
S_IWANY = 0o0222
S_IXANY = 0o0111
S_IRWU_RWG_RWO = S_IRANY | S_IWANY
S_IRWU_RG_RO = S_IRANY | stat.S_IWUSR
S_IRWXU_RXG_RXO = S_IRANY | S_IXANY | stat.S_IWUSR
_PERM_BITS = 0o7777
_EXEC_PERM_BITS = S_IXANY
_DEFAULT_PERM = S_IRWU_RWG_RWO


def is_executable(path):
    """Whether anybody may execute it."""
    return os.stat(path).st_mode & S_IXANY


def format_attributes(attributes):
    """The names of flags of lsattr."""
    return [FILE_ATTRIBUTES[flag] for flag in attributes if flag in FILE_ATTRIBUTES]


def get_flags_from_attributes(attributes):
    """The flags of such names."""
    return ''.join(flag for flag, name in FILE_ATTRIBUTES.items() if name in attributes)


def get_file_arg_spec():
    """What modules about files take."""
    spec = {name: {} for name in ('owner', 'group', 'seuser', 'serole', 'selevel', 'setype')}
    return dict(mode={'type': 'raw'}, attributes={'aliases': ['attr']}, **spec)
