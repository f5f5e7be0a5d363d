from . import parts


def both(text):
    return parts.twice(text)
