"""Finding programs."""
import os

from ansible.module_utils.common.file import is_executable


def get_bin_path(arg, opt_dirs=None, required=None):
    """Where a program is: in these folders, in PATH, or in those of system programs."""
    folders = [folder for folder in opt_dirs or [] if folder is not None and os.path.exists(folder)]
    folders += os.environ.get('PATH', '').split(os.pathsep)
    folders += [folder for folder in ('/sbin', '/usr/sbin', '/usr/local/sbin')
                if folder not in folders and os.path.exists(folder)]
    for folder in filter(None, folders):
        path = os.path.join(folder, arg)
        if os.path.exists(path) and not os.path.isdir(path) and is_executable(path):
            return path
    raise ValueError('Failed to find required executable "%s" in paths: %s' % (arg, os.pathsep.join(folders)))
