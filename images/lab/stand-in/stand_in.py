"""STAND-IN for TripleO's `openstack` command, where TripleO's packages cannot be had.

`openstack undercloud install` is the real client's own code: its parser, its option table, its preflight checks.
It ends in `openstack tripleo deploy`, and that is what is stood in for here: nothing is deployed.
"""

import sys

VERSION = "20.0.0"
PREFIX = "[stand-in] "


def main(argv):
    if argv == ["--version"]:
        print(f"openstack stand-in (python-tripleoclient {VERSION})")
    elif argv[:2] == ["undercloud", "install"]:
        import install

        sys.exit(install.main(argv[2:]))
    elif argv[:2] == ["tripleo", "deploy"]:
        import deploy

        sys.exit(deploy.main(argv[2:]))
    elif argv in ([], ["--help"], ["help"]):
        print("This is a stand-in for TripleO's client. It knows: undercloud install, --version")
    else:
        words = " ".join(argv[:2])
        print(f"openstack: '{words}' is not an openstack command. See 'openstack --help'.", file=sys.stderr)
        if words == "undercloud deploy":
            print(f"{PREFIX}python-tripleoclient {VERSION} has no such command; it has undercloud install",
                  file=sys.stderr)
        else:
            print(f"{PREFIX}this is a stand-in for TripleO's client: it knows undercloud install alone",
                  file=sys.stderr)
        sys.exit(2)
