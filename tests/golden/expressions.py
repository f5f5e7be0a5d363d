"""Writes expressions.tsv: what ansible-core makes of each line of expressions.in.

Run it with the Python of an ansible-core 2.19 that also has netaddr, jmespath and the collection ansible.utils:

    ANSIBLE_COLLECTIONS_PATH=<collections> TZ=UTC <venv>/bin/python tests/golden/expressions.py

A line is a template; behind `when: ` a conditional; behind `file: ` a template file, with \n for its line ends.
"""
import json
import os
import pathlib
import sys

os.environ.setdefault("ANSIBLE_DEPRECATION_WARNINGS", "False")
here = pathlib.Path(__file__).parent

from ansible._internal._errors import _error_factory  # noqa: E402
from ansible._internal._templating._engine import TemplateEngine, TemplateOptions  # noqa: E402
from ansible._internal._templating._jinja_bits import TemplateOverrides  # noqa: E402
from ansible.module_utils._internal import _event_utils  # noqa: E402
from ansible.parsing.dataloader import DataLoader  # noqa: E402
from ansible.plugins.loader import init_plugin_loader  # noqa: E402
from ansible.template import trust_as_template  # noqa: E402

init_plugin_loader()
loader = DataLoader()
loader.set_basedir(str(here))


def outcome(line):
    variables = loader.load_from_file(str(here / "expressions.yml"), trusted_as_template=True, cache="none")
    engine = TemplateEngine(loader, variables)
    try:
        if line.startswith("when: "):
            return "ok", engine.evaluate_conditional(trust_as_template(line[6:]))
        if line.startswith("file: "):
            text = line[6:].encode().decode("unicode_escape").encode("latin-1").decode()
            result = engine.template(trust_as_template(text), options=TemplateOptions(escape_backslashes=False))
            return "ok", "" if result is None else str(result)
        return "ok", engine.template(trust_as_template(line))
    except Exception as ex:
        event = _error_factory.ControllerEventFactory.from_exception(ex, include_traceback=False)
        return "error", _event_utils.format_event_brief_message(event)




with open(here / "expressions.tsv", "w") as out:
    out.write("# Written by expressions.py from expressions.in; do not edit.\n")
    for line in (here / "expressions.in").read_text().splitlines():
        if not line.strip() or line.startswith("# "):
            continue
        kind, value = outcome(line)
        shown = json.dumps(value).replace(str(here), "<golden>")
        out.write(f"{line}\t{kind}\t{shown}\n")
