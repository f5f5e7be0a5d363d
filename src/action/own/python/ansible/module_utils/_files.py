"""What `AnsibleModule` can do with files."""
import errno
import grp
import hashlib
import os
import pwd
import re
import shutil
import stat
import sys
import tempfile
import time

from ansible.module_utils.common.file import S_IRWU_RWG_RWO, S_IXANY, _PERM_BITS, format_attributes
from ansible.module_utils.common.text.converters import to_bytes, to_native, to_text

_SYMBOLIC = re.compile(r'(a|[ugo]*)((?:[+=-][rwxXstugo]*)+)$')

# Why a file cannot simply be renamed: it is on another device, or in a folder of another account, or in use.
_NOT_RENAMED = (errno.EPERM, errno.EXDEV, errno.EACCES, errno.ETXTBSY, errno.EBUSY)


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _expanded(path, expand):
    path = to_bytes(path, errors='surrogate_or_strict')
    return os.path.expanduser(os.path.expandvars(path)) if expand else path


def _note(diff, name, before, after):
    if diff is not None:
        diff.setdefault('before', {})[name] = before
        diff.setdefault('after', {})[name] = after


class Files:
    """A part of `AnsibleModule`."""

    def load_file_common_arguments(self, params, path=None):
        """What a module was told of the owner, group and mode of its file."""
        path = path or params.get('path', params.get('dest'))
        if path is None:
            return {}
        path = to_native(_expanded(path, True))
        if params.get('follow', False) and os.path.islink(path):
            path = os.path.realpath(path)
        names = ('mode', 'owner', 'group', 'seuser', 'serole', 'setype', 'selevel', 'attributes')
        found = {name: params.get(name) for name in names}
        return dict(found, path=path, secontext=[found[name] for name in ('seuser', 'serole', 'setype')])

    @staticmethod
    def selinux_enabled():
        """Whether contexts mean something here."""
        return os.path.exists('/sys/fs/selinux/enforce')

    def set_context_if_different(self, path, context, changed, diff=None):
        """Contexts are kept, not set."""
        if self.selinux_enabled() and any(part is not None for part in context):
            self.fail_json(path=to_text(path), msg='setting an SELinux context is not supported yet')
        return changed

    def user_and_group(self, path, expand=True):
        """The numbers of a file's owner and group."""
        told = os.lstat(_expanded(path, expand))
        return told.st_uid, told.st_gid

    def check_file_absent_if_check_mode(self, file_path):
        """Whether a file is not there because nothing was done."""
        return self.check_mode and not os.path.exists(file_path)

    def _chown(self, path, wanted, number, what, changed, diff, expand):
        path = _expanded(path, expand)
        if wanted is None or self.check_file_absent_if_check_mode(path):
            return changed or wanted is not None
        command, look_up, kind = what
        try:
            wanted_id = int(wanted)
        except ValueError:
            try:
                wanted_id = look_up(wanted)[2]
            except KeyError:
                self.fail_json(path=to_text(path), msg='%s failed: failed to look up %s %s' % (command, kind, wanted))
        now = self.user_and_group(path, expand)[number]
        if now == wanted_id:
            return changed
        _note(diff, 'owner' if number == 0 else 'group', now, wanted_id)
        if not self.check_mode:
            ids = (wanted_id, -1) if number == 0 else (-1, wanted_id)
            try:
                os.lchown(path, *ids)
            except OSError as e:
                self.fail_json(path=to_text(path), msg='%s failed' % command, exception=e)
        return True

    def set_owner_if_different(self, path, owner, changed, diff=None, expand=True):
        """Gives a file to this user."""
        return self._chown(path, owner, 0, ('chown', pwd.getpwnam, 'user'), changed, diff, expand)

    def set_group_if_different(self, path, group, changed, diff=None, expand=True):
        """Gives a file to this group."""
        return self._chown(path, group, 1, ('chgrp', grp.getgrnam, 'group'), changed, diff, expand)

    def set_mode_if_different(self, path, mode, changed, diff=None, expand=True):
        """Gives a file this mode: a number, octal digits, or symbols as of chmod."""
        path = _expanded(path, expand)
        if mode is None or self.check_file_absent_if_check_mode(path):
            return changed or mode is not None
        told = os.lstat(path)
        if not isinstance(mode, int):
            try:
                mode = int(mode, 8)
            except Exception:
                try:
                    mode = self._symbolic_mode_to_octal(told, mode)
                except Exception as e:
                    self.fail_json(path=to_text(path), msg='mode must be in octal or symbolic form',
                                   details=to_native(e))
        if mode != stat.S_IMODE(mode):
            self.fail_json(path=to_text(path), details=mode,
                           msg='Invalid mode supplied, only permission info is allowed')
        now = stat.S_IMODE(told.st_mode)
        if now == mode:
            return changed
        _note(diff, 'mode', '0%03o' % now, '0%03o' % mode)
        if self.check_mode:
            return True
        # A link has no mode, and what it leads to is not meant.
        if not stat.S_ISLNK(told.st_mode):
            os.chmod(path, mode)
        return changed or stat.S_IMODE(os.lstat(path).st_mode) != now

    @classmethod
    def _symbolic_mode_to_octal(cls, path_stat, symbolic_mode):
        mode = stat.S_IMODE(path_stat.st_mode)
        is_folder = stat.S_ISDIR(path_stat.st_mode)
        for part in symbolic_mode.split(','):
            found = _SYMBOLIC.match(part)
            if not found:
                raise ValueError('bad symbolic permission for mode: %s' % part)
            who, actions = found.groups()
            kept = _umask() if who == '' else 0
            for operator, symbols in re.findall('([+=-])([^+=-]*)', actions):
                before = mode
                for user in 'ugo' if who in ('', 'a') else who:
                    bits = cls._bits(user, symbols, before, is_folder) & ~(kept & 0o777)
                    shift = {'u': 6, 'g': 3, 'o': 0}[user]
                    own = (0o7 << shift) | {'u': stat.S_ISUID, 'g': stat.S_ISGID, 'o': stat.S_ISVTX}[user]
                    if operator == '=':
                        mode = (mode & ~own) | bits
                    elif operator == '+':
                        mode |= bits
                    else:
                        mode &= ~bits
        return mode & _PERM_BITS

    @staticmethod
    def _bits(user, symbols, mode, is_folder):
        shift = {'u': 6, 'g': 3, 'o': 0}[user]
        special = {'u': stat.S_ISUID, 'g': stat.S_ISGID, 'o': 0}[user]
        values = {
            'r': 4 << shift,
            'w': 2 << shift,
            'x': 1 << shift,
            'X': 1 << shift if is_folder or mode & S_IXANY else 0,
            's': special,
            't': stat.S_ISVTX if user == 'o' else 0,
            'u': ((mode >> 6) & 7) << shift,
            'g': ((mode >> 3) & 7) << shift,
            'o': (mode & 7) << shift,
        }
        bits = 0
        for symbol in symbols:
            bits |= values[symbol]
        return bits

    def get_file_attributes(self, path, include_version=True):
        """The attributes of a file, as lsattr tells them."""
        program = self.get_bin_path('lsattr')
        if not program:
            return {}
        rc, out, _ = self.run_command([program, '-vd' if include_version else '-d', path])
        words = out.split()
        if rc != 0 or len(words) < 2:
            return {}
        flags = words[1 if include_version else 0].replace('-', '')
        found = {'attr_flags': flags, 'attributes': format_attributes(flags)}
        return dict(found, version=words[0]) if include_version else found

    def set_attributes_if_different(self, path, attributes, changed, diff=None, expand=True):
        """Gives a file these attributes, as of chattr."""
        path = _expanded(path, expand)
        if attributes is None or self.check_file_absent_if_check_mode(path):
            return changed or attributes is not None
        operator, flags = '=', attributes
        if attributes.startswith(('-', '+')):
            operator, flags = attributes[0], attributes[1:]
        now = self.get_file_attributes(path, include_version=False).get('attr_flags', '')
        program = self.get_bin_path('chattr')
        if not flags or not program or (now == flags and operator != '-'):
            return changed
        _note(diff, 'attributes', now, operator + flags)
        if not self.check_mode:
            rc, out, err = self.run_command([program, operator + flags, path])
            if rc != 0 or err:
                self.fail_json(path=to_text(path), msg='chattr failed',
                               details='Error while setting attributes: %s' % (out + err))
        return True

    def set_fs_attributes_if_different(self, file_args, changed, diff=None, expand=True):
        """All of it, as `load_file_common_arguments` gives it."""
        path = file_args['path']
        changed = self.set_context_if_different(path, file_args['secontext'], changed, diff)
        changed = self.set_owner_if_different(path, file_args['owner'], changed, diff, expand)
        changed = self.set_group_if_different(path, file_args['group'], changed, diff, expand)
        changed = self.set_mode_if_different(path, file_args['mode'], changed, diff, expand)
        return self.set_attributes_if_different(path, file_args['attributes'], changed, diff, expand)

    set_directory_attributes_if_different = set_fs_attributes_if_different
    set_file_attributes_if_different = set_fs_attributes_if_different

    def add_path_info(self, kwargs):
        """Adds to a result what there is to know of the file that it names."""
        path = kwargs.get('path', kwargs.get('dest'))
        if path is None or not os.path.exists(to_bytes(path, errors='surrogate_or_strict')):
            return kwargs
        told = os.lstat(to_bytes(path, errors='surrogate_or_strict'))
        for name, look_up, number in (('owner', pwd.getpwuid, told.st_uid), ('group', grp.getgrgid, told.st_gid)):
            try:
                kwargs[name] = look_up(number)[0]
            except KeyError:
                kwargs[name] = str(number)
        if stat.S_ISLNK(told.st_mode):
            state = 'link'
        elif stat.S_ISDIR(told.st_mode):
            state = 'directory'
        else:
            state = 'hard' if told.st_nlink > 1 else 'file'
        kwargs.update(uid=told.st_uid, gid=told.st_gid, mode='0%03o' % stat.S_IMODE(told.st_mode), state=state,
                      size=told.st_size)
        return kwargs

    def digest_from_file(self, filename, algorithm):
        """The hash of a file, in hexadecimal; nothing where there is no file."""
        path = to_bytes(filename, errors='surrogate_or_strict')
        if not os.path.exists(path):
            return None
        if os.path.isdir(path):
            self.fail_json(msg='attempted to take checksum of directory: %s' % filename)
        if not hasattr(algorithm, 'hexdigest'):
            try:
                algorithm = hashlib.new(algorithm)
            except ValueError:
                known = ', '.join(sorted(hashlib.algorithms_available))
                self.fail_json(msg="Could not hash file '%s' with algorithm '%s'. Available algorithms: %s"
                               % (filename, algorithm, known))
        with open(path, 'rb') as file:
            for block in iter(lambda: file.read(65536), b''):
                algorithm.update(block)
        return algorithm.hexdigest()

    def md5(self, filename):
        """The MD5 of a file."""
        return self.digest_from_file(filename, 'md5')

    def sha1(self, filename):
        """The SHA-1 of a file."""
        return self.digest_from_file(filename, 'sha1')

    def sha256(self, filename):
        """The SHA-256 of a file."""
        return self.digest_from_file(filename, 'sha256')

    def backup_local(self, fn):
        """Copies a file beside itself under a name with the time; returns the name."""
        if not os.path.exists(fn):
            return ''
        backup = '%s.%s.%s' % (fn, os.getpid(), time.strftime('%Y-%m-%d@%H:%M:%S~'))
        if not self.check_mode:
            try:
                self.preserved_copy(fn, backup)
            except (shutil.Error, OSError) as e:
                raise Exception('Could not make backup of %r to %r.' % (fn, backup)) from e
        return backup

    @staticmethod
    def preserved_copy(src, dest):
        """Copies a file with its owner, group, mode, times and context."""
        shutil.copy2(src, dest)
        told = os.stat(src)
        try:
            os.chown(dest, told.st_uid, told.st_gid)
        except OSError as e:
            if e.errno != errno.EPERM:
                raise

    @staticmethod
    def cleanup(tmpfile):
        """Removes a file, if it is there."""
        if os.path.exists(tmpfile):
            try:
                os.unlink(tmpfile)
            except OSError as e:
                sys.stderr.write('could not cleanup %s: %s' % (tmpfile, e))

    def atomic_move(self, src, dest, unsafe_writes=False, keep_dest_attrs=True):
        """Puts a file in the place of another at once, which keeps owner, group, mode and context."""
        b_src, b_dest = to_bytes(src), to_bytes(dest)
        is_new = not os.path.exists(b_dest)
        if not is_new and keep_dest_attrs:
            self._as(b_dest, b_src)
        try:
            os.rename(b_src, b_dest)
        except OSError as e:
            if e.errno not in _NOT_RENAMED:
                raise Exception('Could not replace %r with %r.' % (dest, src)) from e
            self._move_by_copy(b_src, b_dest, unsafe_writes, keep_dest_attrs and not is_new)
        if is_new:
            os.chmod(b_dest, S_IRWU_RWG_RWO & ~_umask())
            folder = os.stat(os.path.dirname(b_dest) or b'.')
            group = folder.st_gid if folder.st_mode & stat.S_ISGID else os.getegid()
            try:
                os.chown(b_dest, os.geteuid(), group)
            except OSError:
                pass  # only root gives files away

    @staticmethod
    def _as(model, path):
        """Gives a file what another one has beside its content."""
        told = os.stat(model)
        try:
            os.chown(path, told.st_uid, told.st_gid)
            shutil.copystat(model, path)
            os.utime(path)
        except OSError as e:
            if e.errno != errno.EPERM:
                raise

    def _move_by_copy(self, src, dest, unsafe_writes, keep):
        folder = os.path.dirname(dest)
        try:
            handle, temporary = tempfile.mkstemp(prefix=b'.ansible_tmp', dir=folder, suffix=os.path.basename(dest))
        except OSError as e:
            if not unsafe_writes:
                raise Exception('The destination directory %r is not writable by the current user.'
                                % to_native(folder)) from e
            return self._overwrite(src, dest)
        os.close(handle)
        try:
            shutil.copy2(src, temporary)
            if keep:
                self._as(dest, temporary)
            os.rename(temporary, dest)
            os.unlink(src)
        except OSError as e:
            if not unsafe_writes:
                raise Exception('Failed to replace %r with %r.' % (to_native(dest), to_native(src))) from e
            self._overwrite(src, dest)
        finally:
            self.cleanup(temporary)
        return None

    @staticmethod
    def _overwrite(src, dest):
        try:
            with open(dest, 'wb') as out, open(src, 'rb') as source:
                shutil.copyfileobj(source, out)
        except OSError as e:
            raise Exception('Could not write data to file %r from %r.' % (to_native(dest), to_native(src))) from e

    @staticmethod
    def append_to_file(filename, str):
        """Adds text to the end of a file."""
        with open(os.path.expandvars(os.path.expanduser(filename)), 'a') as file:
            file.write(str)

    @staticmethod
    def find_mount_point(path):
        """Where the file system is mounted that holds a path."""
        path = os.path.realpath(_expanded(path, True))
        while not os.path.ismount(path):
            path = os.path.dirname(path)
        return to_text(path)
