"""Reading what facts are made of."""
import os


def get_file_content(path, default=None, strip=True):
    """What a file holds; the default where it holds nothing or cannot be read."""
    try:
        # Not to wait for what never comes, from a FIFO or a file of the kernel's.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK)) as file:
            content = file.read()
    except Exception:
        return default
    return (content.strip() if strip else content) or default


def get_file_lines(path, strip=True, line_sep=None):
    """The lines of a file, or what this separates in it."""
    content = get_file_content(path, strip=strip)
    if not content:
        return []
    if line_sep is None:
        return content.splitlines()
    return (content.rstrip(line_sep) if len(line_sep) == 1 else content).split(line_sep)


def get_mount_size(mountpoint):
    """The sizes of a mounted file system; nothing where there is none."""
    try:
        told = os.statvfs(mountpoint)
    except OSError:
        return {}
    return {
        'size_total': told.f_frsize * told.f_blocks,
        'size_available': told.f_frsize * told.f_bavail,
        'block_size': told.f_bsize,
        'block_total': told.f_blocks,
        'block_available': told.f_bavail,
        'block_used': told.f_blocks - told.f_bavail,
        'inode_total': told.f_files,
        'inode_available': told.f_favail,
        'inode_used': told.f_files - told.f_favail,
    }
