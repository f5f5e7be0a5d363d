"""What can be wrong with a module's arguments."""


class AnsibleFallbackNotFound(Exception):
    """A fallback has no value to give."""


class AnsibleValidationError(Exception):
    """One thing that is wrong."""

    def __init__(self, message):
        super().__init__(message)
        self.error_message = message

    @property
    def msg(self):
        """What is wrong."""
        return self.args[0]


class AnsibleValidationErrorMultiple(AnsibleValidationError):
    """All that is wrong."""

    def __init__(self, errors=None):
        super().__init__('')
        self.errors = list(errors or [])

    def __getitem__(self, key):
        return self.errors[key]

    def __setitem__(self, key, value):
        self.errors[key] = value

    def __delitem__(self, key):
        del self.errors[key]

    @property
    def msg(self):
        """What is wrong first."""
        return self.errors[0].msg

    @property
    def messages(self):
        """All of it."""
        return [error.msg for error in self.errors]

    def append(self, error):
        """One more."""
        self.errors.append(error)

    def extend(self, errors):
        """Some more."""
        self.errors.extend(errors)


class AliasError(AnsibleValidationError):
    """Aliases that are none."""


class ArgumentTypeError(AnsibleValidationError):
    """A value of another type."""


class ArgumentValueError(AnsibleValidationError):
    """A value that is not allowed."""


class DeprecationError(AnsibleValidationError):
    """A wrong note on what goes away."""


class ElementError(AnsibleValidationError):
    """An element of another type."""


class MutuallyExclusiveError(AnsibleValidationError):
    """Parameters that exclude each other."""


class NoLogError(AnsibleValidationError):
    """A secret that cannot be found out."""


class RequiredByError(AnsibleValidationError):
    """A parameter that another one needs."""


class RequiredDefaultError(AnsibleValidationError):
    """A required parameter with a default."""


class RequiredError(AnsibleValidationError):
    """A required parameter that is missing."""


class RequiredIfError(AnsibleValidationError):
    """A parameter that a value of another one needs."""


class RequiredOneOfError(AnsibleValidationError):
    """None of several parameters."""


class RequiredTogetherError(AnsibleValidationError):
    """Some of several parameters."""


class SubParameterTypeError(AnsibleValidationError):
    """Options that are no dictionary."""


class UnsupportedError(AnsibleValidationError):
    """A parameter that nobody knows."""
