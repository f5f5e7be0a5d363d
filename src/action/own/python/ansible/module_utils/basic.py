"""`AnsibleModule`: what a module is given, and how it answers."""
import atexit
import json
import locale
import os
import platform
import re
import shutil
import stat  # noqa: F401
import subprocess  # noqa: F401
import sys
import syslog
import tempfile
import time  # noqa: F401
import traceback  # noqa: F401
from collections.abc import KeysView, Mapping, MutableMapping, Sequence, Set  # noqa: F401
from copy import deepcopy
from shlex import quote as shlex_quote  # noqa: F401

from ansible.module_utils._command import Commands, heuristic_log_sanitize
from ansible.module_utils._files import Files
from ansible.module_utils.common import warnings
from ansible.module_utils.common._utils import get_all_subclasses  # noqa: F401
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from ansible.module_utils.common.file import (  # noqa: F401
    FILE_ATTRIBUTES, S_IRWU_RWG_RWO, S_IXANY, format_attributes, get_flags_from_attributes, is_executable)
from ansible.module_utils.common.json import AnsibleJSONEncoder
from ansible.module_utils.common.locale import get_best_parsable_locale
from ansible.module_utils.common.parameters import (  # noqa: F401
    DEFAULT_TYPE_VALIDATORS, env_fallback, remove_values, sanitize_keys)
from ansible.module_utils.common.process import get_bin_path  # noqa: F401
from ansible.module_utils.common.sys_info import (  # noqa: F401
    get_distribution, get_distribution_version, get_platform_subclass)
from ansible.module_utils.common.text.converters import jsonify, to_bytes, to_native, to_text  # noqa: F401
from ansible.module_utils.common.text.formatters import (  # noqa: F401
    SIZE_RANGES, bytes_to_human, human_to_bytes, lenient_lowercase)
from ansible.module_utils.common.validation import check_missing_parameters
from ansible.module_utils.errors import AnsibleFallbackNotFound, UnsupportedError  # noqa: F401
from ansible.module_utils.parsing.convert_bool import BOOLEANS, BOOLEANS_FALSE, BOOLEANS_TRUE, boolean  # noqa: F401
from ansible.module_utils.six import (  # noqa: F401
    PY2, PY3, b, binary_type, integer_types, iteritems, string_types, text_type)

SEQUENCETYPE = frozenset, KeysView, Sequence
PASSWORD_MATCH = re.compile(r'^(?:.+[-_\s])?pass(?:[-_\s]?(?:word|phrase|wrd|wd)?)(?:[-_\s].+)?$', re.I)

FILE_COMMON_ARGUMENTS = dict(
    mode=dict(type='raw'),
    owner=dict(type='str'),
    group=dict(type='str'),
    seuser=dict(type='str'),
    serole=dict(type='str'),
    selevel=dict(type='str'),
    setype=dict(type='str'),
    attributes=dict(type='str', aliases=['attr']),
    unsafe_writes=dict(type='bool', default=False, fallback=(env_fallback, ['ANSIBLE_UNSAFE_WRITES'])),
)

# Set before the module runs; a module that makes two AnsibleModules reads the same twice.
_ANSIBLE_ARGS = None

# What comes along with the arguments, and the attribute that it becomes.
_INTERNAL = {
    'check_mode': 'check_mode',
    'debug': '_debug',
    'diff': '_diff',
    'ignore_unknown_opts': '_ignore_unknown_opts',
    'keep_remote_files': '_keep_remote_files',
    'module_name': '_name',
    'no_log': 'no_log',
    'remote_tmp': '_remote_tmp',
    'shell_executable': '_shell',
    'socket': '_socket_path',
    'syslog_facility': '_syslog_facility',
    'tmpdir': '_tmpdir',
    'verbosity': '_verbosity',
    'version': 'ansible_version',
}
_UNSET = object()


def get_platform():
    """The system's name: `Linux`."""
    return platform.system()


def load_platform_subclass(cls, *args, **kwargs):
    """An object of the subclass for this system."""
    chosen = get_platform_subclass(cls)
    return super(cls, chosen).__new__(chosen)


def missing_required_lib(library, reason=None, url=None):
    """The words for a library that is not installed."""
    words = ['Failed to import the required Python library (%s) on %s\'s Python %s.'
             % (library, platform.node(), sys.executable)]
    if reason:
        words.append('This is required %s.' % reason)
    if url:
        words.append('See %s for more info.' % url)
    words.append('Please read the module documentation and install it in the appropriate location. If the required '
                 'library is installed, but Ansible is using the wrong Python interpreter, please consult the '
                 'documentation on ansible_python_interpreter')
    return ' '.join(words)


def _load_params():
    """The arguments, as the module was given them."""
    global _ANSIBLE_ARGS
    if _ANSIBLE_ARGS is None:
        _ANSIBLE_ARGS = sys.stdin.buffer.read()
    return deepcopy(json.loads(_ANSIBLE_ARGS.decode('utf-8', 'surrogatepass'))['ANSIBLE_MODULE_ARGS'])


class AnsibleModule(Files, Commands):
    """A module: its arguments checked and converted, and ways to do things and to end."""

    def __init__(self, argument_spec, bypass_checks=False, no_log=False, mutually_exclusive=None,
                 required_together=None, required_one_of=None, add_file_common_args=False,
                 supports_check_mode=False, required_if=None, required_by=None):
        self.argument_spec = argument_spec
        self.supports_check_mode = supports_check_mode
        self.bypass_checks = bypass_checks
        self.mutually_exclusive = mutually_exclusive
        self.required_together = required_together
        self.required_one_of = required_one_of
        self.required_if = required_if
        self.required_by = required_by
        self.no_log = no_log
        self.no_log_values = set()
        self.aliases = {}
        self.cleanup_files = []
        self.run_command_environ_update = {}
        if add_file_common_args:
            for name, option in FILE_COMMON_ARGUMENTS.items():
                self.argument_spec.setdefault(name, option)
        self._take(_load_params())
        self._check_locale()
        self._check_arguments()
        if self.check_mode and not supports_check_mode:
            self.exit_json(skipped=True, msg='remote module (%s) does not support check mode' % self._name)
        if not self.no_log:
            self._log_invocation()
        if not self._is_here():
            os.chdir(self.tmpdir)

    def _take(self, given):
        """Tells the module's own arguments from those that come along."""
        for name, attribute in _INTERNAL.items():
            value = given.pop('_ansible_' + name, None)
            if not (attribute == 'no_log' and self.no_log):
                setattr(self, attribute, value)
        self.params = {name: value for name, value in given.items() if not name.startswith('_ansible_')}

    def _check_arguments(self):
        checked = ModuleArgumentSpecValidator(self.argument_spec, self.mutually_exclusive, self.required_together,
                                              self.required_one_of, self.required_if,
                                              self.required_by).validate(self.params)
        self.params.update(checked.validated_parameters)
        self.no_log_values |= checked._no_log_values
        self.aliases.update(checked._aliases)
        first = next(iter(checked.errors), None)
        if first is None or (isinstance(first, UnsupportedError) and self._ignore_unknown_opts):
            return
        unsupported = 'Unsupported parameters for (%s) module: ' % self._name
        self.fail_json(msg=(unsupported if isinstance(first, UnsupportedError) else '') + first.msg)

    def _check_locale(self):
        """Takes another locale where the environment names one that is not here."""
        try:
            locale.setlocale(locale.LC_ALL, '')
        except locale.Error:
            best = get_best_parsable_locale(self)
            locale.setlocale(locale.LC_ALL, best)
            os.environ.update(LANG=best, LC_ALL=best, LC_MESSAGES=best)

    @staticmethod
    def _is_here():
        """Whether the working directory is there for this account."""
        try:
            return os.access(os.getcwd(), os.F_OK | os.R_OK)
        except OSError:
            return False

    @property
    def tmpdir(self):
        """A folder for this module alone, which is gone when it ends."""
        if self._tmpdir is None:
            base = os.path.expanduser(os.path.expandvars(self._remote_tmp or '~/.ansible/tmp'))
            os.makedirs(base, mode=0o700, exist_ok=True)
            self._tmpdir = tempfile.mkdtemp(prefix='ansible-moduletmp-', dir=base)
            if not self._keep_remote_files:
                atexit.register(shutil.rmtree, self._tmpdir)
        return self._tmpdir

    def warn(self, warning, *, help_text=None):
        """Warns the user."""
        warnings.warn(warning, help_text=help_text)

    def error_as_warning(self, msg, exception, *, help_text=None):
        """Warns the user of an error."""
        warnings.error_as_warning(msg, exception, help_text=help_text)

    def deprecate(self, msg, version=None, date=None, collection_name=None, *, deprecator=None, help_text=None):
        """Tells the user that something goes away."""
        warnings.deprecate(msg, version, date, collection_name, deprecator=deprecator, help_text=help_text)

    def boolean(self, arg):
        """The truth that a word says."""
        try:
            return arg if arg is None else boolean(arg)
        except TypeError as e:
            return self.fail_json(msg=to_native(e))

    def jsonify(self, data):
        """JSON of a value."""
        return jsonify(data)

    def from_json(self, data):
        """The value that JSON says."""
        return json.loads(data)

    def fail_on_missing_params(self, required_params=None):
        """Fails where one of these has no value."""
        try:
            check_missing_parameters(self.params, required_params)
        except TypeError as e:
            self.fail_json(msg=to_native(e))

    def debug(self, msg):
        """Logs this where debugging is on."""
        if self._debug:
            self.log('[debug] %s' % msg)

    def log(self, msg, log_args=None):
        """Writes to the system's log."""
        if self.no_log:
            return
        if not isinstance(msg, (bytes, str)):
            raise TypeError('msg should be a string (got %s)' % type(msg))
        facility = getattr(syslog, self._syslog_facility or '', syslog.LOG_USER)
        syslog.openlog('ansible-%s' % self._name, 0, facility)
        syslog.syslog(syslog.LOG_INFO, remove_values(to_text(msg), self.no_log_values).replace('\0', ' '))

    def _log_invocation(self):
        shown = []
        for name, value in self.params.items():
            no_log = self.argument_spec.get(self.aliases.get(name, name), {}).get('no_log')
            if no_log is None and PASSWORD_MATCH.search(name):
                self.warn('Module did not set no_log for %s' % name)
                value = 'NOT_LOGGING_PASSWORD'
            elif self.boolean(no_log):
                value = 'NOT_LOGGING_PARAMETER'
            else:
                value = heuristic_log_sanitize(str(value), self.no_log_values)
            shown.append('%s=%s' % (name, value))
        self.log(' '.join(['Invoked with'] + shown) if shown else 'Invoked')

    def add_cleanup_file(self, path):
        """Has a file removed when the module ends."""
        if path not in self.cleanup_files:
            self.cleanup_files.append(path)

    def do_cleanup_files(self):
        """Removes what is to be removed."""
        for path in self.cleanup_files:
            self.cleanup(path)

    def _answer(self, result):
        self.do_cleanup_files()
        self.add_path_info(result)
        result.setdefault('invocation', {'module_args': self.params})
        self._tell(result)
        # What says whether it went well is no secret, whatever the secrets are.
        plain = {name: value for name, value in result.items() if value is None or isinstance(value, bool)}
        result = dict(remove_values(result, self.no_log_values), **plain)
        print('\n' + json.dumps(result, cls=AnsibleJSONEncoder))

    def _tell(self, result):
        """Adds warnings to a result, with those that it was given."""
        given = result.pop('warnings', [])
        for words in given if isinstance(given, list) else [given]:
            self.warn(words)
        given = result.pop('deprecations', [])
        for told in given if isinstance(given, list) else [given]:
            if isinstance(told, Mapping):
                self.deprecate(told['msg'], told.get('version'), told.get('date'), told.get('collection_name'))
            elif isinstance(told, (list, tuple)) and len(told) == 2:
                self.deprecate(*told)
            else:
                self.deprecate(told)
        for name, told in (('warnings', warnings.get_warning_messages()),
                           ('deprecations', warnings.get_deprecation_messages())):
            if told:
                result[name] = list(told)

    def exit_json(self, **kwargs):
        """Ends the module with this result."""
        self._answer(kwargs)
        sys.exit(0)

    def fail_json(self, msg, *, exception=_UNSET, **kwargs):
        """Ends the module as failed."""
        result = dict(kwargs, failed=True, msg=str(msg))
        if isinstance(exception, BaseException):
            result['_ansible_cause'] = str(exception)
        self._answer(result)
        sys.exit(1)

    bytes_to_human = pretty_bytes = staticmethod(bytes_to_human)
    human_to_bytes = staticmethod(human_to_bytes)
    is_executable = staticmethod(is_executable)
