"""`undercloud install`, by python-tripleoclient's own code."""

import difflib
import logging
import os
import sys
import types

from absent import provide, provide_all
from effects import log_to_console, marked
from stand_in import PREFIX, VERSION


class Command:
    """What osc-lib's command class gives the real command."""

    def __init__(self, app_args):
        self.app_args = app_args

    def get_description(self):
        return self.__doc__ or ""


def provide_modules():
    provide_all(VERSION)
    provide("netifaces", interfaces=lambda: os.listdir("/sys/class/net"))
    import tripleoclient  # The real package: one module of it is replaced.

    provide(f"{tripleoclient.__name__}.command", Command=Command)


def skip(what):
    return lambda *_args, **_kwargs: logging.getLogger("stand-in").warning("Not checked by the stand-in: %s", what)


def set_hostname(name):
    """In place of hostnamectl, which needs D-Bus."""
    from tripleoclient import utils

    utils.run_command(["sudo", "sh", "-c", 'hostname "$0" && echo "$0" > /etc/hostname', name], name="hostname")


def check_options(conf):
    """Reads every option of the table: oslo.config checks a value when it is read. Names that no option has are told:
    the real client passes over them in silence."""
    import configparser

    from tripleoclient import constants
    from tripleoclient.v1 import undercloud_config

    table = undercloud_config.config
    groups = {"DEFAULT": table.get_opts()}
    undercloud_config._load_subnets_config_groups()
    for subnet in conf.subnets:
        local = subnet == conf.local_subnet
        groups[subnet] = table.get_local_subnet_opts() if local else table.get_remote_subnet_opts()
    for group, options in groups.items():
        for option in options:
            (conf if group == "DEFAULT" else conf[group])[option.name]

    known = {group: {name for o in options for name in (o.name, *(d.name for d in o.deprecated_opts))}
             for group, options in groups.items()}
    # Options of subnets were options of the whole file in earlier releases.
    known["DEFAULT"] |= {d.name for options in groups.values() for o in options for d in o.deprecated_opts}
    file = configparser.ConfigParser(interpolation=None, default_section="")
    file.read(constants.UNDERCLOUD_CONF_PATH)
    for section in file.sections():
        for name in file[section]:
            names = known.get(section, set())
            if name not in names:
                near = difflib.get_close_matches(name, names, 1)
                logging.getLogger("stand-in").warning(
                    "undercloud.conf: [%s] %s is no option of python-tripleoclient %s, which ignores it%s",
                    section, name, VERSION, f"; did you mean {near[0]}?" if near else "")


def main(argv):
    log_to_console()
    provide_modules()
    try:
        return install(argv)
    except Exception as error:  # As the real command's main loop does: the message, no traceback.
        print(marked(str(error)), file=sys.stderr)
        return 1


def install(argv):
    from oslo_config import cfg
    from tripleoclient import constants, utils
    from tripleoclient.v1 import undercloud, undercloud_preflight

    utils.get_local_timezone = lambda: "UTC"
    utils.set_hostname = set_hostname
    utils.check_hostname = skip("the machine's host name")
    undercloud_preflight._check_memory = skip("8 GB of memory")
    undercloud_preflight._run_validations = skip("disk space and services, by Ansible's validations")

    command = undercloud.InstallUndercloud(types.SimpleNamespace(verbose_level=1))
    args = command.get_parser("openstack undercloud install").parse_args(argv)
    utils.load_config(cfg.CONF, constants.UNDERCLOUD_CONF_PATH)
    check_options(cfg.CONF)
    command.take_action(args)
    return 0
