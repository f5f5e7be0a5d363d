"""A value that is none."""


class Sentinel:
    """Stands for what is not given, where None would be a value."""

    def __new__(cls):
        return cls
