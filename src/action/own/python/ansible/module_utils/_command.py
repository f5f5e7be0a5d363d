"""What `AnsibleModule` can do with programs."""
import os
import re
import selectors
import shlex
import subprocess

from ansible.module_utils.common.process import get_bin_path
from ansible.module_utils.common.text.converters import to_bytes, to_native, to_text

_PASSWORD_OPTION = re.compile('-{0,2}pass-?(word|wd)?')
_LOGIN = re.compile(r'((?:://|^|(?<=\s))[^\s/@]*?:)[^\s@]*(?=@)')


def heuristic_log_sanitize(data, no_log_values=None):
    """Text without the passwords of logins in it (`user:password@host`) and without these secrets."""
    from ansible.module_utils.common.parameters import remove_values
    cleaned = _LOGIN.sub(r'\1********', to_native(data))
    return remove_values(cleaned, no_log_values) if no_log_values else cleaned


def _shown(args, secrets):
    """A command as results show it, without what looks like a password."""
    words, is_password = [], False
    for word in args if isinstance(args, list) else shlex.split(to_text(args)):
        word = to_native(word)
        if is_password:
            word, is_password = '********', False
        elif _PASSWORD_OPTION.match(word):
            name, equals, _ = word.partition('=')
            word, is_password = (name + '=********', False) if equals else (word, True)
        words.append(heuristic_log_sanitize(word, secrets))
    return ' '.join(shlex.quote(word) for word in words)


def _talk(process, data, prompt):
    """Gives a program its input, reads what it says to its end, or to a prompt that nobody answers."""
    said = {process.stdout: b'', process.stderr: b''}
    with selectors.DefaultSelector() as selector:
        for stream in said:
            os.set_blocking(stream.fileno(), False)
            selector.register(stream, selectors.EVENT_READ)
        if data:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE)
        while selector.get_map():
            events = selector.select(1)
            # What a program in the background holds open is not waited for.
            if not events and process.poll() is not None:
                break
            for key, _ in events:
                if key.fileobj is process.stdin:
                    try:
                        data = data[os.write(key.fd, data[:65536]):]
                    except BrokenPipeError:
                        data = b''
                    if not data:
                        selector.unregister(process.stdin)
                        process.stdin.close()
                    continue
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    selector.unregister(key.fileobj)
                said[key.fileobj] += chunk
                if prompt and key.fileobj is process.stdout and prompt.search(said[process.stdout]):
                    return None, said[process.stdout], b''
    return process.wait(), said[process.stdout], said[process.stderr]


class Commands:
    """A part of `AnsibleModule`."""

    def get_bin_path(self, arg, required=False, opt_dirs=None):
        """Where a program is; nothing, or a failure, where it is not."""
        try:
            return get_bin_path(arg, opt_dirs)
        except ValueError as e:
            if required:
                self.fail_json(msg=to_text(e))
            return None

    def _argv(self, args, use_unsafe_shell, executable, expand):
        """What to start: a list, or a text for the shell."""
        if use_unsafe_shell:
            line = ' '.join(shlex.quote(to_text(x)) for x in args) if isinstance(args, list) else to_text(args)
            shell = executable or self._shell
            return line if not executable and shell in (None, '/bin/sh') else [to_text(shell), '-c', line]
        words = shlex.split(to_text(args)) if isinstance(args, (str, bytes)) else args
        words = [to_bytes(word) for word in words if word is not None]
        return [os.path.expanduser(os.path.expandvars(word)) for word in words] if expand else words

    def run_command(self, args, check_rc=False, close_fds=True, executable=None, data=None, binary_data=False,
                    path_prefix=None, cwd=None, use_unsafe_shell=False, prompt_regex=None, environ_update=None,
                    umask=None, encoding='utf-8', errors='surrogate_or_strict', expand_user_and_vars=True,
                    pass_fds=None, before_communicate_callback=None, ignore_invalid_cwd=True,
                    handle_exceptions=True):
        """Runs a program; gives its exit code, output and errors."""
        if not isinstance(args, (list, bytes, str)):
            self.fail_json(rc=257, cmd=args, msg="Argument 'args' to run_command must be list or string")
        try:
            prompt = re.compile(to_bytes(prompt_regex), re.MULTILINE) if prompt_regex and not data else None
        except re.error:
            self.fail_json(msg='invalid prompt regular expression given to run_command')
        argv = self._argv(args, use_unsafe_shell, executable, expand_user_and_vars)
        env = dict(os.environ, **(self.run_command_environ_update or {}))
        env.update(environ_update or {})
        if path_prefix:
            env['PATH'] = ':'.join(filter(None, [path_prefix, env.get('PATH')]))
        if data:
            data = to_bytes(data) + (b'' if binary_data else b'\n')
        if cwd:
            cwd = os.path.abspath(os.path.expanduser(cwd))
            if not os.path.isdir(cwd):
                if not ignore_invalid_cwd:
                    self.fail_json(msg='Provided cwd is not a valid directory: %s' % cwd)
                cwd = None
        try:
            process = subprocess.Popen(
                argv, shell=isinstance(argv, str), close_fds=close_fds, env=env, cwd=cwd, pass_fds=pass_fds or (),
                executable=None if use_unsafe_shell else executable, stdin=subprocess.PIPE if data else None,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=(lambda: os.umask(umask)) if umask else None)
            if before_communicate_callback:
                before_communicate_callback(process)
            rc, out, err = _talk(process, data, prompt)
        except Exception as e:
            if not handle_exceptions:
                raise
            rc = e.errno if isinstance(e, OSError) else 257
            self.fail_json(rc=rc, stdout='', stderr='', msg='Error executing command.',
                           cmd=_shown(args, self.no_log_values), exception=e)
        if encoding is not None:
            out, err = (to_native(said, encoding=encoding, errors=errors) for said in (out, err))
        if rc is None:
            return 257, out, 'A prompt was encountered while running a command, but no input data was specified'
        if rc != 0 and check_rc:
            msg = heuristic_log_sanitize(to_native(err).rstrip(), self.no_log_values)
            self.fail_json(cmd=_shown(args, self.no_log_values), rc=rc, stdout=out, stderr=err, msg=msg)
        return rc, out, err
