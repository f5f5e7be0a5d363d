"""Answers questions about ansible-core without starting it anew for each: a line of JSON in, a line of JSON out.

Everything that runs plays or modules does so in a fork of this process, which has imported what they need.
"""
import functools
import json
import os
import sys
import tempfile

questions, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
os.dup2(os.open(os.devnull, os.O_RDWR), 0)
os.dup2(2, 1)

from ansible._internal._errors import _error_factory  # noqa: E402
from ansible._internal._templating._engine import TemplateEngine  # noqa: E402
from ansible.cli.adhoc import AdHocCLI  # noqa: E402
from ansible.cli.inventory import InventoryCLI  # noqa: E402
from ansible.cli.playbook import PlaybookCLI  # noqa: E402
from ansible.executor import task_executor, task_queue_manager  # noqa: E402, F401
from ansible.module_utils import basic  # noqa: E402
from ansible.module_utils._internal import _event_utils  # noqa: E402
from ansible.parsing.dataloader import DataLoader  # noqa: E402
from ansible.parsing.utils.yaml import from_yaml  # noqa: E402
from ansible.plugins.loader import init_plugin_loader  # noqa: E402
from ansible.plugins.strategy import linear  # noqa: E402, F401
from ansible.template import trust_as_template  # noqa: E402

PROGRAMS = {"ansible-playbook": PlaybookCLI, "ansible-inventory": InventoryCLI, "ansible": AdHocCLI}


@functools.cache
def templates_ready():
    """Makes plugins known; the programs do it for themselves, once."""
    init_plugin_loader()


def template(case):
    """What a template, a conditional or the text of a template file gives with some variables."""
    templates_ready()
    variables = from_yaml(trust_as_template(case["vars"]))
    engine = TemplateEngine(DataLoader(), variables)
    try:
        text = trust_as_template(case["text"])
        if case["kind"] == "condition":
            return {"value": engine.evaluate_conditional(text)}
        value = engine.template(text)
        return {"value": json.loads(json.dumps(value)), "text": repr(value)}
    except Exception as ex:
        event = _error_factory.ControllerEventFactory.from_exception(ex, include_traceback=False)
        return {"error": _event_utils.format_event_brief_message(event)}


def forked(work, cwd, env):
    """Runs `work` in a fork of its own and says how it ended and what it printed."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            code = 250
            try:
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                os.chdir(cwd)
                os.environ.update(env)
                work()
                code = 0
            except SystemExit as ex:
                code = ex.code if isinstance(ex.code, int) else int(bool(ex.code))
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0), err.seek(0)
        text = [f.read().decode("utf-8", "replace") for f in (out, err)]
    return {"code": code, "out": text[0], "err": text[1]}


def program(case):
    """One of Ansible's programs."""
    name = case["argv"][0]
    return forked(lambda: PROGRAMS[name].cli_executor(case["argv"]), case["cwd"], case.get("env", {}))


def module(case):
    """A module with its arguments, as a host would run it."""
    def work():
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": case["args"]}).encode()
        basic._ANSIBLE_PROFILE = "legacy"
        __import__(f"ansible.modules.{case['module']}", fromlist=["main"]).main()
    return forked(work, case["cwd"], {})


KINDS = {"template": template, "program": program, "module": module}

for line in questions:
    case = json.loads(line)
    answers.write(json.dumps(KINDS[case["ask"]](case)) + "\n")
    answers.flush()
