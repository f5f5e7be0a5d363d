"""What Python modules written for Ansible import, as warp brings it along: the documented part of its library."""
import importlib.abc
import sys


class _Missing(importlib.abc.MetaPathFinder):
    """Tells by name what is asked for and not here; asked after everything else."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == 'ansible' or name.startswith('ansible.'):
            words = "%s is not part of what warp brings along for Python modules" % name
            raise ModuleNotFoundError("No module named '%s': %s" % (name, words), name=name)
        return None


sys.meta_path.append(_Missing)
