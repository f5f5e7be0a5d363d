"""Modules that the real clients import for what the stand-in does not do."""

import importlib.abc
import importlib.machinery
import logging
import sys
import types

# Packages that are not installed. What is imported of them is there, and cannot be used.
PACKAGES = {
    "ansible", "ansible_runner", "cryptography", "dateutil", "git", "heatclient", "ironic_inspector_client", "ironicclient",
    "jinja2", "keystoneauth1", "keystoneclient", "openstack", "oslo_concurrency", "oslo_log", "oslo_utils", "passlib",
    "psutil", "requests", "tenacity",
}


class Absent(types.ModuleType):
    """Has a class of every name: a base, or something that is caught, and never an object."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)

        def refuse(*_args, **_kwargs):
            raise NotImplementedError(f"{self.__name__}.{name} is not here: this setting cannot be checked")

        value = type(name, (Exception,), {"__new__": refuse, "__module__": self.__name__})
        setattr(self, name, value)
        return value


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Asked last, when nothing of that name is installed."""

    def find_spec(self, name, _path, _target=None):
        if name.partition(".")[0] in PACKAGES:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return Absent(spec.name)

    def exec_module(self, module):
        pass


def provide(name, **attributes):
    """Puts a module of these attributes where the real one would be."""
    module = Absent(name)
    for key, value in attributes.items():
        setattr(module, key, value)
    sys.modules[name] = module
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent] if parent in sys.modules else provide(parent), last, module)
    return module


class Reraising:
    """What oslo.utils has for handlers that end by raising what they handle."""

    def __enter__(self):
        self.error = sys.exc_info()[1]

    def __exit__(self, *_args):
        raise self.error


def provide_all(version):
    """What is small enough to be given, and the rest."""
    import netaddr

    nothing = lambda *_args, **_kwargs: None
    provide("pbr.version", VersionInfo=lambda _name: types.SimpleNamespace(version_string=lambda: version))
    # Told by oslo.config of options that are deprecated.
    warn = lambda log, text, *args, **_kwargs: log.warning(text, *args)
    provide("oslo_log.versionutils", report_deprecated_feature=warn)
    provide("oslo_log.log", getLogger=logging.getLogger, register_options=nothing, setup=nothing)
    provide("oslo_utils.excutils", save_and_reraise_exception=Reraising)
    provide("oslo_utils.netutils", is_valid_ipv6=netaddr.valid_ipv6, is_valid_mac=netaddr.valid_mac)
    provide("oslo_utils.units", Ki=1 << 10, Mi=1 << 20, Gi=1 << 30)
    sys.meta_path.append(Finder())
    # Real packages, of which modules that push images and read clouds.yaml are replaced.
    import openstackclient
    import tripleo_common.image

    provide(f"{openstackclient.__name__}.shell")
    for module in ("build", "image_uploader"):
        provide(f"{tripleo_common.image.__name__}.{module}")
    provide(f"{tripleo_common.image.__name__}.kolla_builder", DEFAULT_PREPARE_FILE="/nonexistent",
            container_images_prepare_defaults=lambda: {}, CONTAINER_IMAGE_PREPARE_PARAM=[])
