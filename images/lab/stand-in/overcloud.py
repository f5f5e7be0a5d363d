"""`overcloud deploy` and `overcloud status`, by python-tripleoclient's own code. Where that would render templates and
start Heat, the environments are read and put together; where it would run Ansible, nodes are reached by ssh."""

import os
import pathlib
import pwd
import subprocess
import time
import types

import yaml

import cloud
import deploy as undercloud
import nodes
from nodes import say

# What Heat's environments are made of.
SECTIONS = {"encrypted_param_names", "event_sinks", "parameter_defaults", "parameter_merge_strategies", "parameters",
            "resource_registry"}
# How nodes of each role are named before HostnameMap, where the roles file says nothing else.
HOSTNAMES = "%stackname%-{}-%index%"


def status(command, args):
    command.take_action(args)


def deploy(command, args):
    """The real command's own way through a deployment, with what is not here stood in for."""
    cloud.authenticate()
    from tripleo_common.utils import overcloudrc
    from tripleoclient import utils
    from tripleoclient.workflows import deployment

    run = Run(args)
    nothing = lambda *_args, **_kwargs: None
    command.create_template_dirs = lambda args: (args.templates, args.templates)
    command.create_env_files = lambda args, *_roots: run.environments(args.environment_files or [])
    command.setup_ephemeral_heat = nothing
    command.deploy_tripleo_heat_templates = lambda *_args: run.stack()
    command._deploy_postconfig = command._export_stack = nothing
    utils.get_stack = lambda *_args: types.SimpleNamespace(stack_name=args.stack)
    utils.save_stack = utils.run_ansible_playbook = utils.copy_clouds_yaml = nothing
    utils.create_tempest_deployer_input = utils.create_archive_dir = utils.run_command = nothing
    utils.archive_deploy_artifacts = nothing
    utils.get_overcloud_endpoint = lambda _dir: f"http://{run.address}:5000"
    utils.get_stack_saved_output_item = lambda _output, _dir: None
    utils.get_rc_params = lambda _dir: {"password": run.passwords["AdminPassword"], "region": "regionOne"}
    deployment.get_horizon_url = lambda **_kwargs: f"http://{run.address}:80/dashboard"
    deployment.create_overcloudrc = run.credentials(overcloudrc)
    deployment.get_hosts_and_enable_ssh_admin = lambda _stack, _network, user, key, *_a, **_k: run.reach(user, key)
    deployment.make_config_download_dir = nothing
    deployment.config_download = lambda *_args, **_kwargs: run.configure()
    command.take_action(args)


class Run:
    """One deployment."""

    def __init__(self, args):
        self.args = args
        self.fail_at, self.seconds = undercloud.settings(os.path.expanduser("~"))
        self.passwords = {}
        self.parameters = {}
        self.found = []

    def step(self, name):
        undercloud.say(name)
        time.sleep(self.seconds)
        if name == self.fail_at:
            raise RuntimeError(f"failed at {name}, as it was told to")

    def environments(self, files):
        """Each as Heat would read it, the later ones over the earlier."""
        say("This is a stand-in: nothing of OpenStack is deployed.")
        self.step("overcloud-templates")
        for name in files:
            if not os.path.isfile(name):
                say(f"not read, as Jinja2 would have to render it first: {name}")
                continue
            with open(name) as file:
                environment = yaml.safe_load(file) or {}
            if not isinstance(environment, dict):
                raise RuntimeError(f"{name}: The environment is not a valid YAML mapping data type.")
            for section in environment.keys() - SECTIONS:
                raise RuntimeError(f'{name}: environment has wrong section "{section}"')
            self.parameters.update(environment.get("parameter_defaults") or {})
            for resource, place in (environment.get("resource_registry") or {}).items():
                path = pathlib.Path(name).parent / str(place)
                if str(place).endswith(".yaml") and not (path.exists() or path.with_suffix(".j2.yaml").exists()):
                    say(f"{resource} is {path}, which is made of a template of Jinja2's, or is not there")
        return files

    def stack(self):
        self.step("overcloud-stack")
        directory = os.path.expanduser(f"~/overcloud-deploy/{self.args.stack}")
        self.passwords = undercloud.passwords(os.path.join(directory, f"{self.args.stack}-passwords.yaml"))
        self.found = self.servers() or self.made()
        if not self.found:
            raise RuntimeError("no node is there: neither DeployedServerPortMap nor an imported one")
        groups = {}
        for node in self.found:
            hosts = groups.setdefault(node["role"], {"hosts": {}})["hosts"]
            hosts[node["name"]] = {"ansible_host": node["address"]}
        undercloud.write(os.path.join(directory, "tripleo-ansible-inventory.yaml"), yaml.safe_dump(groups))

    @property
    def address(self):
        """Where the overcloud answers: its public address, else its first node."""
        fixed = self.parameters.get("PublicVirtualFixedIPs") or [{}]
        return fixed[0].get("ip_address") or self.found[0]["address"]

    def wanted(self):
        """The nodes that the roles' counts ask for: role and name."""
        with open(os.path.expanduser(f"~/overcloud-deploy/{self.args.stack}/tripleo-{self.args.stack}-roles-data.yaml")) as file:
            roles = yaml.safe_load(file)
        for role in roles:
            default = role.get("HostnameFormatDefault") or HOSTNAMES.format(role["name"].lower())
            pattern = self.parameters.get(f"{role['name']}HostnameFormat", default)
            for index in range(int(self.parameters.get(f"{role['name']}Count", role.get("CountDefault", 0)))):
                yield role["name"], pattern.replace("%stackname%", self.args.stack).replace("%index%", str(index))

    def servers(self):
        """Servers that exist, by their addresses in DeployedServerPortMap."""
        ports = self.parameters.get("DeployedServerPortMap") or {}
        mapped = self.parameters.get("HostnameMap") or {}
        found = []
        for role, name in self.wanted() if ports else ():
            name = mapped.get(name, name)
            port = ports.get(f"{name}-ctlplane")
            if port is None:
                raise RuntimeError(f"DeployedServerPortMap has no {name}-ctlplane")
            found.append({"role": role, "name": name, "address": port["fixed_ips"][0]["ip_address"], "there": True})
        return found

    def made(self):
        """Imported nodes, by their profiles; they are switched on, and nothing is written to their disks."""
        free = [node for node in nodes.read().values() if node["state"] == "available"]
        profiles = {"Controller": "control", "Compute": "compute", "CephStorage": "ceph"}
        found = []
        for role, name in self.wanted():
            profile = profiles.get(role, role.lower())
            node = next((n for n in free if f"profile:{profile}" in str(n["capabilities"])), None)
            if node is None:
                raise RuntimeError(f"No valid host was found for {name}: no available node of the profile {profile}")
            free.remove(node)
            say(f"{node['name']} becomes {name}: {nodes.power(node, 'power', 'on')}")
            address = f"192.168.24.{10 + len(found)}"
            found.append({"role": role, "name": name, "address": address, "there": False})
        return found

    def ssh(self, node, script):
        ended = subprocess.run(
            ["ssh", "-i", self.key, "-o", "BatchMode=yes", "-o", "ConnectTimeout=30", "-o",
             "StrictHostKeyChecking=accept-new", f"{self.user}@{node['address']}", script],
            text=True, stdin=subprocess.DEVNULL, capture_output=True)
        if ended.returncode:
            raise RuntimeError(f"{node['name']} ({node['address']}): {ended.stderr.strip() or ended.returncode}")
        return ended.stdout.strip()

    def reach(self, user, key):
        """In place of the playbook that lets the account tripleo-admin in: each server is logged in to, and is sudo's."""
        self.step("overcloud-nodes")
        self.user, self.key = user, key
        for node in self.there():
            say(f"{node['name']} is {self.ssh(node, 'sudo -n hostname')} at {node['address']}")

    def there(self):
        return [node for node in self.found if node["there"]]

    def configure(self):
        """In place of config-download: each server is told what it is."""
        self.step("overcloud-configuration")
        for node in self.there():
            text = f"role={node['role']}\nname={node['name']}\n"
            self.ssh(node, f"printf '{text}' | sudo -n tee /etc/openstack-stand-in >/dev/null")

    def credentials(self, overcloudrc):
        """overcloudrc, as tripleo-common words it."""
        home = pwd.getpwuid(os.getuid()).pw_dir

        def create(stack, endpoint, admin_vip, params, no_proxy="", output_dir=home):
            text = overcloudrc._create_overcloudrc_from_outputs(
                stack, endpoint, admin_vip or self.address, no_proxy, params["password"], params["region"])
            path = os.path.join(output_dir, f"{stack}rc")
            undercloud.write(path, text["overcloudrc"])
            return path

        return create
