"""What commands of the real clients do here."""

import logging
import sys

import absent
import commands
from stand_in import PREFIX, VERSION

# Command: module and function, which is given the real class and the arguments.
TABLE = {
    "endpoint list": ("cloud", "endpoints"),
    "overcloud deploy": ("overcloud", "deploy"),
    "overcloud image upload": ("nodes", "upload"),
    "overcloud network provision": ("networks", "provision"),
    "overcloud network vip provision": ("networks", "provision"),
    "overcloud node import": ("nodes", "register"),
    "overcloud node introspect": ("nodes", "introspect"),
    "overcloud node provide": ("nodes", "provide"),
    "overcloud status": ("overcloud", "status"),
    "service list": ("cloud", "services"),
    "subnet set": ("cloud", "subnet"),
    "token issue": ("cloud", "token"),
}


class EveryLine(logging.Formatter):
    """Begins every line, not every message."""

    def format(self, record):
        return marked(super().format(record))


def marked(text):
    return "\n".join(PREFIX + line for line in text.split("\n"))


def log_to_console():
    console = logging.StreamHandler()
    console.setFormatter(EveryLine())
    logging.basicConfig(level=logging.INFO, handlers=[console])
    logging.getLogger("stevedore").setLevel(logging.WARNING)


def run(words, place, argv):
    log_to_console()
    absent.provide_all(VERSION)
    module, name = TABLE[words]
    try:
        command, args = commands.make(commands.load(place), words, argv, sys.stdout)
        effect = getattr(__import__(module), name)
        return effect(command, args) or 0
    except Exception as error:  # As the real command's main loop does: the message, no traceback.
        print(marked(str(error)), file=sys.stderr)
        return 1
