from .quiet import quiet


def loud(text):
    return text.upper() + '!'
