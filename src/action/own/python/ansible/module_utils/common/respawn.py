"""Running the module again by another Python, which has what this one lacks."""
import json
import os
import subprocess
import sys


def has_respawned():
    """Whether this is the second run."""
    return 'WARP_RESPAWNED' in os.environ


def respawn_module(interpreter_path):
    """Runs the module by this Python, and ends with it."""
    from ansible.module_utils import basic
    if has_respawned():
        raise Exception('module has already been respawned')
    main = sys.modules['__main__']
    told = {'name': main._module_fqn,
            'args': json.loads(basic._ANSIBLE_ARGS.decode('utf-8', 'surrogatepass'))['ANSIBLE_MODULE_ARGS']}
    ended = subprocess.run([interpreter_path, main._modlib_path], input=json.dumps(told).encode(),
                           env=dict(os.environ, WARP_RESPAWNED='1'))
    sys.exit(ended.returncode)


def probe_interpreters_for_module(interpreter_paths, module_name):
    """The first of these that can import a module."""
    for path in interpreter_paths:
        if os.path.exists(path) and subprocess.call(
                [path, '-c', 'import %s' % module_name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
            return path
    return None
