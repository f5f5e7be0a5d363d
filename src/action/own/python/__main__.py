"""Runs one module: what it is given comes on standard input, what it says goes to standard output as JSON."""
import json
import runpy
import sys


def main():
    told = json.loads(sys.stdin.buffer.read().decode('utf-8', 'surrogateescape'))
    if sys.version_info < (3, 6):
        raise RuntimeError('Python modules need Python 3.6 or later, here is %s' % sys.version.split()[0])
    from ansible.module_utils import basic
    basic._ANSIBLE_ARGS = json.dumps({'ANSIBLE_MODULE_ARGS': told['args']}).encode('utf-8', 'surrogatepass')
    names = {'_module_fqn': told['name'], '_modlib_path': sys.path[0]}
    runpy.run_module(told['name'], init_globals=names, run_name='__main__', alter_sys=True)
    raise RuntimeError('New-style module did not handle its own exit.')


def cause(error):
    """The error's words, and beneath them those of what it was raised from."""
    words = [str(error) or type(error).__name__]
    while error.__cause__ is not None:
        error = error.__cause__
        words.append(str(error) or type(error).__name__)
    return ': '.join(words)


if __name__ == '__main__':
    try:
        main()
    except Exception as e:  # not SystemExit: that is how modules end
        print('\n' + json.dumps({'failed': True, '_ansible_uncaught': cause(e)}))
        sys.exit(1)
