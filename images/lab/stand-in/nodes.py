"""Images and nodes of the undercloud: files and BMCs are real, Glance and Ironic are a file of this stand-in."""

import contextlib
import json
import os
import subprocess
import uuid

import cloud
from deploy import write
from stand_in import PREFIX

STATE = os.path.expanduser("~/.openstack-stand-in-nodes.json")


def read():
    if not os.path.exists(STATE):
        return {}
    with open(STATE) as file:
        return json.load(file)


def save(nodes):
    write(STATE, json.dumps(nodes, indent=1))


def say(text):
    print(PREFIX + text, flush=True)


def power(node, *words):
    """Asks the node's BMC, as Ironic does before it believes that a node can be managed. The password is no argument."""
    command = ["ipmitool", "-I", "lanplus", "-H", node["pm_addr"], "-p", str(node.get("pm_port", 623)),
               "-U", node["pm_user"], "-E", "-N", "2", "-R", "3", *words]
    ended = subprocess.run(command, env={**os.environ, "IPMI_PASSWORD": node["pm_password"]}, text=True,
                           stdin=subprocess.DEVNULL, capture_output=True)
    if ended.returncode:
        told = (ended.stderr or ended.stdout).strip()
        raise RuntimeError(f"Failed to get power state for node {node['name']}. Error: {told}")
    return ended.stdout.strip()


def upload(command, args):
    """The real command; only nothing here can convert a disk image."""
    cloud.authenticate()
    from tripleoclient.v1 import overcloud_image

    overcloud_image.BaseClientAdapter._convert_image = lambda self, src, dest: self._copy_file(src, dest)
    command.take_action(args)


def register(command, args):
    """The real command, up to where it asks Ironic; nodes are checked by tripleo-common, and their BMCs are asked."""
    cloud.authenticate()
    from tripleo_common.utils import nodes as rules
    from tripleoclient.v2 import overcloud_node
    from tripleoclient.workflows import baremetal

    def register_or_update(_clients, nodes_json, **_kwargs):
        rules.validate_nodes(nodes_json)
        known = read()
        for node in nodes_json:
            node["uuid"] = str(uuid.uuid5(uuid.NAMESPACE_URL, node["name"]))
            if node["pm_type"] == "ipmi":
                say(f"{node['name']}: {power(node, 'power', 'status')}")
            else:
                say(f"{node['name']}: its power is not asked for by {node['pm_type']}")
            already = node["uuid"] in known
            known[node["uuid"]] = {**node, "state": "manageable"}
            print(f"Node UUID {node['uuid']} is already registered" if already
                  else f"Successfully registered node UUID {node['uuid']}")
        save(known)
        return [type("Node", (), {"uuid": node["uuid"]}) for node in nodes_json]

    def playbook(extra_vars, **_kwargs):
        inspect(extra_vars["node_uuids"])

    baremetal.register_or_update = register_or_update
    overcloud_node.oooutils.TempDirs = lambda: contextlib.nullcontext("/tmp")
    overcloud_node.oooutils.run_ansible_playbook = playbook
    overcloud_node.tb.TripleoProvide = Provide
    command.take_action(args)


def introspect(command, args):
    cloud.authenticate()
    from tripleoclient.v2 import overcloud_node

    overcloud_node.baremetal.introspect = lambda _clients, node_uuids, **_kwargs: inspect(node_uuids)
    overcloud_node.baremetal.introspect_manageable_nodes = lambda _clients, **_kwargs: inspect(manageable())
    overcloud_node.tb.TripleoProvide = Provide
    command.take_action(args)


def provide(command, args):
    cloud.authenticate()
    from tripleoclient.v1 import overcloud_node

    overcloud_node.tb.TripleoProvide = Provide
    command.take_action(args)


def manageable():
    return [name for name, node in read().items() if node["state"] == "manageable"]


def inspect(uuids):
    """Nodes are switched on and off; nothing runs on them that could tell what they are made of."""
    known = read()
    for node in (known[name] for name in uuids):
        for words in (("chassis", "bootdev", "pxe"), ("power", "on"), ("power", "off")):
            say(f"{node['name']}: {power(node, *words)}")


class Provide:
    """In place of the class of that work in the real client."""

    def __init__(self, **_kwargs):
        pass

    def provide(self, nodes):
        known = read()
        for name in nodes:
            if name not in known:
                raise RuntimeError(f"No Node found for {name}")
            known[name]["state"] = "available"
            say(f"{known[name]['name']} is available")
        save(known)

    def provide_manageable_nodes(self):
        self.provide(manageable())
