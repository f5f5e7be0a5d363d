"""What has another name in Python 3 than it had in Python 2: modules as submodules here, the rest as attributes."""
import builtins  # noqa: F401
import collections.abc
import configparser
import functools
import html.parser
import http.client
import http.cookiejar
import http.cookies
import importlib
import io
import itertools
import os
import pickle
import queue
import shlex
import sys
import urllib.error
import urllib.parse
import urllib.request
import urllib.response
import urllib.robotparser
from collections import UserDict, UserList, UserString  # noqa: F401

input = builtins.input
range = xrange = builtins.range
map, zip, filter = builtins.map, builtins.zip, builtins.filter
zip_longest, filterfalse = itertools.zip_longest, itertools.filterfalse
reduce, reload_module = functools.reduce, importlib.reload
StringIO = cStringIO = io.StringIO
shlex_quote, intern = shlex.quote, sys.intern
getcwd, getcwdb = os.getcwd, os.getcwdb

_MODULES = {
    'builtins': builtins,
    'collections_abc': collections.abc,
    'configparser': configparser,
    'cPickle': pickle,
    'html_parser': html.parser,
    'http_client': http.client,
    'http_cookiejar': http.cookiejar,
    'http_cookies': http.cookies,
    'queue': queue,
    'urllib': urllib,
    'urllib.error': urllib.error,
    'urllib.parse': urllib.parse,
    'urllib.request': urllib.request,
    'urllib.response': urllib.response,
    'urllib.robotparser': urllib.robotparser,
    'urllib_error': urllib.error,
    'urllib_parse': urllib.parse,
    'urllib_request': urllib.request,
}
for _name, _module in _MODULES.items():
    sys.modules['%s.%s' % (__name__, _name)] = _module
    if '.' not in _name:
        globals()[_name] = _module
