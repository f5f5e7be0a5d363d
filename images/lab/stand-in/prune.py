"""Run once, when the image is made: leaves of tripleoclient.utils what the stand-in runs.

The module as it is imports Ansible, Heat's client and a dozen others. The functions that checking
undercloud.conf and deploying an overcloud need are kept word for word.
"""

import ast
import pathlib

KEPT = {
    "_candidate_files", "_csv_to_nodes_dict", "_name_helper", "check_deploy_backups",
    "check_deprecated_service_is_enabled", "check_file_for_enabled_service", "configure_logging", "copy_to_wd",
    "deploy_kernel", "deploy_ramdisk", "ensure_run_as_normal_user", "file_checksum", "get_default_working_dir",
    "get_deployment_user", "get_host_ips", "get_hostname", "get_key", "get_networks_file_path",
    "get_output_dir", "get_short_hostname", "get_single_ip", "get_status_yaml", "is_loopback", "is_network_data_v2", "is_valid_ip",
    "load_config", "makedirs", "overcloud_image", "overcloud_kernel", "overcloud_ramdisk", "parse_env_file",
    "playbook_limit_parse", "playbook_verbosity", "prompt_user_for_confirmation", "rel_or_abs_path",
    "rewrite_ansible_playbook_paths", "run_command", "safe_write", "update_deployment_status",
    "update_nodes_deploy_data", "update_working_dir_defaults", "write_env_file",
}

IMPORTS = """\
# Pruned by the stand-in; see /usr/local/lib/openstack-stand-in/README.md.
import csv
import errno
import getpass
import glob
import hashlib
import json
import logging
import os
import shutil
import socket
import subprocess
import sys

import netaddr
import prettytable
import yaml
from osc_lib import exceptions as oscexc
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
