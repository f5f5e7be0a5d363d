"""Run once, when the image is made: leaves of tripleoclient.utils what the stand-in runs.

The module as it is imports Ansible, Heat's client and a dozen others. The functions that checking undercloud.conf
needs are kept word for word.
"""

import ast
import pathlib

KEPT = {
    "configure_logging", "ensure_run_as_normal_user", "get_deployment_user", "get_host_ips", "get_hostname",
    "get_output_dir", "get_short_hostname", "get_single_ip", "is_loopback", "is_valid_ip", "load_config", "makedirs",
    "rel_or_abs_path", "run_command", "write_env_file",
}

IMPORTS = """\
# Pruned by the stand-in; see /usr/local/lib/openstack-stand-in/README.md.
import getpass
import logging
import os
import socket
import subprocess

import netaddr
import yaml
from osc_lib.i18n import _

from tripleoclient import constants
from tripleoclient import exceptions

LOG = logging.getLogger(__name__ + ".utils")
"""

path = pathlib.Path(__file__).parent / "site/tripleoclient/utils.py"
source = path.read_text()
functions = {n.name: n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef) and n.name in KEPT}
missing = KEPT - functions.keys()
if missing:
    raise SystemExit(f"{path} has no {', '.join(sorted(missing))}: the stand-in was written for another version")
texts = [ast.get_source_segment(source, function) for function in functions.values()]
path.write_text("\n\n".join([IMPORTS, *texts]) + "\n")
