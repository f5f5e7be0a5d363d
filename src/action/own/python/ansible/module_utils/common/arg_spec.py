"""A declaration of parameters, and what comes of checking some against it."""
from copy import deepcopy

from ansible.module_utils.common.parameters import Checker, set_fallbacks
from ansible.module_utils.common.warnings import deprecate
from ansible.module_utils.errors import UnsupportedError


class ValidationResult:
    """What a check found: converted parameters, and errors."""

    def __init__(self, parameters):
        self._validated_parameters = deepcopy(parameters)
        self._no_log_values = set()
        self._deprecations = []
        self._unsupported_parameters = set()
        self._aliases = {}
        self.errors = []

    @property
    def validated_parameters(self):
        """The parameters, converted, with defaults."""
        return self._validated_parameters

    @property
    def unsupported_parameters(self):
        """Those that nobody knows."""
        return self._unsupported_parameters

    @property
    def error_messages(self):
        """All that is wrong."""
        return self.errors.messages


class ArgumentSpecValidator:
    """Checks parameters against a declaration."""

    def __init__(self, argument_spec, mutually_exclusive=None, required_together=None, required_one_of=None,
                 required_if=None, required_by=None):
        self.argument_spec = argument_spec
        self._rules = {'mutually_exclusive': mutually_exclusive, 'required_together': required_together,
                       'required_one_of': required_one_of, 'required_if': required_if, 'required_by': required_by}

    def validate(self, parameters, *args, **kwargs):
        """Checks these; errors are in the result."""
        result = ValidationResult(parameters)
        given = result.validated_parameters
        checker = Checker()
        checker.secrets |= set_fallbacks(self.argument_spec, given)
        checker.level(self.argument_spec, given, self._rules)
        if checker.unsupported:
            *_, last = checker.unsupported
            aliases, names = checker.unsupported[last]
            known = ', '.join(names) + (' (%s)' % ', '.join(aliases) if aliases else '')
            checker.errors.append(UnsupportedError(
                '%s. Supported parameters include: %s.' % (', '.join(sorted(checker.unsupported)), known)))
        result.errors = checker.errors
        result._no_log_values = checker.secrets
        result._deprecations = checker.deprecations
        result._unsupported_parameters = set(checker.unsupported)
        result._aliases = checker.aliases
        return result


class ModuleArgumentSpecValidator(ArgumentSpecValidator):
    """The same for a module: what goes away is told."""

    def validate(self, parameters):
        """Checks these; errors are in the result."""
        result = super().validate(parameters)
        for told in result._deprecations:
            deprecate(told['msg'], version=told.get('version'), date=told.get('date'),
                      collection_name=told.get('collection_name'))
        return result
