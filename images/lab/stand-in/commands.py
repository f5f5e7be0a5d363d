"""Commands by the tables of the clients that are installed, as `openstack` itself finds them."""

import configparser
import importlib
import pathlib
import types

SITE = pathlib.Path(__file__).parent / "site"

# The groups that a current undercloud's `openstack` reads.
GROUPS = {
    "python_tripleoclient": ("openstack.tripleoclient.v2",),
    "python_openstackclient": (
        "openstack.common", "openstack.compute.v2", "openstack.identity.v3", "openstack.image.v2",
        "openstack.network.v2",
    ),
}


def table():
    """{'overcloud deploy': 'module:Class'}"""
    found = {}
    for package, groups in GROUPS.items():
        (file,) = SITE.glob(f"{package}-*.dist-info/entry_points.txt")
        entries = configparser.ConfigParser(delimiters=("=",))
        entries.optionxform = str
        entries.read(file)
        for group in groups:
            found |= {name.replace("_", " "): place for name, place in entries[group].items()}
    return found


def split(argv, known):
    """The longest command that the arguments begin with, and what follows it."""
    for length in range(len(argv), 0, -1):
        words = " ".join(argv[:length])
        if words in known:
            return words, argv[length:]
    return None, argv


def load(place):
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


def make(real, name, argv, out):
    """A command of the real class, and the arguments as its own parser reads them."""
    options = types.SimpleNamespace(verbose_level=1, debug=False)
    app = types.SimpleNamespace(client_manager=types.SimpleNamespace(orchestration=None), options=options, stdout=out)
    command = real(app, options)
    return command, command.get_parser(f"openstack {name}").parse_args(argv)
