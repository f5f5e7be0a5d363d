"""Which system this is."""
import platform

from ansible.module_utils.common._utils import get_all_subclasses


def _os_release():
    for path in ('/etc/os-release', '/usr/lib/os-release'):
        try:
            with open(path, encoding='utf-8', errors='replace') as lines:
                pairs = (line.strip().split('=', 1) for line in lines if '=' in line and not line.startswith('#'))
                return {name.lower(): value.strip('"\'') for name, value in pairs}
        except OSError:
            continue
    return {}


def get_distribution():
    """The distribution's name: `Debian`, `Ubuntu`, `Redhat`."""
    if platform.system() != 'Linux':
        return platform.system() or None
    name = _os_release().get('id', '').capitalize()
    return {'Amzn': 'Amazon', 'Rhel': 'Redhat', '': 'OtherLinux'}.get(name, name)


def get_distribution_version():
    """The distribution's version; Debian's with the minor one."""
    told = _os_release()
    if told.get('id') == 'debian':
        try:
            with open('/etc/debian_version') as version:
                return version.read().strip()
        except OSError:
            pass
    return told.get('version_id', '')


def get_distribution_codename():
    """The release's name: `bookworm`, `noble`."""
    told = _os_release()
    return told.get('version_codename') or told.get('ubuntu_codename')


def get_platform_subclass(cls):
    """The subclass for this distribution, else for this system, else the class itself."""
    system, distribution = platform.system(), get_distribution()
    chosen = None
    below = get_all_subclasses(cls)
    for sub in below:
        if sub.distribution is not None and sub.distribution == distribution and sub.platform == system:
            chosen = sub
    if chosen is None:
        for sub in below:
            if sub.platform == system and sub.distribution is None:
                chosen = sub
    return chosen or cls
