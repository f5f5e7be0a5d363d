"""Writes settings.yml and plugins.yml: the settings that ansible-core defines, and those of its plugins.

Run it with the Python of an ansible-core 2.19: <venv>/bin/python src/config/definitions/generate.py

A line is a setting: its type, default and choices, and where its value is looked for. Defaults that are templates of
`ANSIBLE_HOME` are written with `{{ANSIBLE_HOME}}`.
"""
import json
import pathlib
import re

import yaml
from ansible import constants
from ansible.plugins import loader

HERE = pathlib.Path(__file__).parent
# What users are told of a setting that is deprecated.
DEPRECATED = ["why", "alternatives", "version"]
KINDS = ["become", "cache", "callback", "connection", "inventory", "lookup", "shell", "vars"]


def default(value):
    if not isinstance(value, str) or "{{" not in value:
        return value
    if home := re.fullmatch(r'\{\{ ANSIBLE_HOME ~ "(.*)" \}\}', value):
        return "{{ANSIBLE_HOME}}" + home[1]
    if more := re.fullmatch(r"\{\{ REJECT_EXTS \+ (\[.*\]) \}\}", value):
        return list(constants.REJECT_EXTS) + yaml.safe_load(more[1])
    return value


def line(name, of):
    kept = {"type": of["type"]} if of.get("type") else {}
    if of.get("default") is not None:
        kept["default"] = default(of["default"])
    if of.get("required"):
        kept["required"] = True
    if of.get("choices"):
        kept["choices"] = list(of["choices"])
    for source in ("env", "vars"):
        if of.get(source):
            kept[source] = [entry["name"] for entry in of[source]]
    if of.get("ini"):
        kept["ini"] = [[entry.get("section", "defaults"), entry["key"]] for entry in of["ini"]]
    if of.get("cli"):
        kept["cli"] = [entry["name"] for entry in of["cli"]]
    if of.get("version_added"):
        kept["version_added"] = of["version_added"]
    if of.get("deprecated"):
        kept["deprecated"] = {key: of["deprecated"][key] for key in DEPRECATED if key in of["deprecated"]}
    return f"{json.dumps(name)}: {json.dumps(kept, ensure_ascii=False)}\n"


base = constants.config.get_configuration_definitions()
(HERE / "settings.yml").write_text("".join(line(name, of) for name, of in sorted(base.items())))

out = ""
for kind in KINDS:
    out += f"{kind}:\n"
    for plugin in sorted(getattr(loader, f"{kind}_loader").all(class_only=True), key=lambda p: p._load_name):
        if not plugin.ansible_name.startswith("ansible.builtin."):
            continue
        options = constants.config.get_configuration_definitions(kind, plugin._load_name)
        text = "".join("    " + line(name, of) for name, of in options.items())
        out += f"  {plugin._load_name}:" + (f"\n{text}" if text else " {}\n")
(HERE / "plugins.yml").write_text(out)
