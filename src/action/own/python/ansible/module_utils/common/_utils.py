"""Classes below a class."""


def get_all_subclasses(cls):
    """All of them, at every depth."""
    found = set()
    for below in cls.__subclasses__():
        found |= {below} | get_all_subclasses(below)
    return found
