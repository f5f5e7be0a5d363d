"""STAND-IN for TripleO's `openstack` command, where TripleO's packages cannot be had.

Which commands there are and which arguments they take is decided by the real clients' own tables and parsers. What
would ask OpenStack's services is stood in for: see README.md.
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
    else:
        sys.exit(run(argv))


def run(argv):
    """A command of the real table, whose effect is one of ours."""
    import commands
    import effects

    known = commands.table()
    words, rest = commands.split(argv, known)
    if words is None:
        if argv in ([], ["--help"], ["help"]):
            print(f"This is a stand-in for TripleO's client. It does: {', '.join(sorted(effects.TABLE))}, "
                  "undercloud install, --version")
            return 0
        named = " ".join(argv[:2])
        print(f"openstack: '{named}' is not an openstack command. See 'openstack --help'.", file=sys.stderr)
        print(f"{PREFIX}python-tripleoclient {VERSION} has no such command", file=sys.stderr)
        return 2
    if words not in effects.TABLE:
        print(f"{PREFIX}'{words}' is a command of the real client, and this stand-in does not do it", file=sys.stderr)
        return 2
    return effects.run(words, known[words], rest)
