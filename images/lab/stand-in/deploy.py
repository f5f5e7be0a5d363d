"""What stands in for `openstack tripleo deploy`, which the real client starts with sudo: it takes its time and leaves
the files that a deployment leaves."""

import argparse
import configparser
import datetime
import os
import pwd
import secrets
import subprocess
import time

from stand_in import PREFIX

STEPS = ("templates", "passwords", "step1", "step2", "step3", "step4", "step5", "credentials")
OVERCLOUD_STEPS = ("overcloud-templates", "overcloud-stack", "overcloud-nodes", "overcloud-configuration")

# The keys of tripleo-undercloud-passwords.yaml.
PARAMETERS = (
    "AdminPassword", "AdminToken", "AodhPassword", "BarbicanPassword", "CeilometerMeteringSecret",
    "CeilometerPassword", "CinderPassword", "EtcdInitialClusterToken", "GlancePassword", "GnocchiPassword",
    "HAProxyStatsPassword", "HeatAuthEncryptionKey", "HeatPassword", "HeatStackDomainAdminPassword", "HorizonSecret",
    "IronicPassword", "ManilaPassword", "MistralPassword", "MysqlClustercheckPassword", "MysqlRootPassword",
    "NeutronMetadataProxySharedSecret", "NeutronPassword", "NovaPassword", "OctaviaPassword",
    "PacemakerRemoteAuthkey", "PlacementPassword", "RabbitCookie", "RabbitPassword", "RedisPassword", "RpcPassword",
    "SnmpdReadonlyUserPassword", "SwiftHashSuffix", "SwiftPassword", "ZaqarPassword",
)

# The keys of undercloud-passwords.conf, which undercloud.conf's section [auth] may have set.
CLASSIC = {
    "undercloud_db_password": "MysqlRootPassword",
    "undercloud_admin_token": "AdminToken",
    "undercloud_admin_password": "AdminPassword",
    "undercloud_glance_password": "GlancePassword",
    "undercloud_heat_encryption_key": "HeatAuthEncryptionKey",
    "undercloud_heat_password": "HeatPassword",
    "undercloud_heat_stack_domain_admin_password": "HeatStackDomainAdminPassword",
    "undercloud_neutron_password": "NeutronPassword",
    "undercloud_nova_password": "NovaPassword",
    "undercloud_ironic_password": "IronicPassword",
    "undercloud_ceilometer_password": "CeilometerPassword",
    "undercloud_ceilometer_metering_secret": "CeilometerMeteringSecret",
    "undercloud_ceilometer_snmpd_password": "SnmpdReadonlyUserPassword",
    "undercloud_aodh_password": "AodhPassword",
    "undercloud_swift_password": "SwiftPassword",
    "undercloud_swift_hash_suffix": "SwiftHashSuffix",
    "undercloud_mistral_password": "MistralPassword",
    "undercloud_rabbit_cookie": "RabbitCookie",
    "undercloud_rabbit_password": "RabbitPassword",
}

STACKRC = """\
# Written by the stand-in: no OpenStack answers here.
for key in $( set | awk '{{FS="="}}  /^OS_/ {{print $1}}' ); do unset $key ; done
export OS_AUTH_TYPE=password
export OS_PASSWORD={password}
export OS_AUTH_URL={url}
export OS_USERNAME=admin
export OS_PROJECT_NAME=admin
export COMPUTE_API_VERSION=1.1
export NOVA_VERSION=1.1
export OS_NO_CACHE=True
export OS_CLOUDNAME=undercloud
export OS_IDENTITY_API_VERSION='3'
export OS_PROJECT_DOMAIN_NAME='Default'
export OS_USER_DOMAIN_NAME='Default'
"""


def say(text):
    print(f"{datetime.datetime.now():%Y-%m-%d %H:%M:%S} {PREFIX}{text}", flush=True)


def settings(home):
    """What the tests of a deployment ask for: see README.md."""
    file = configparser.ConfigParser()
    file.read(os.path.join(home, "openstack-stand-in.conf"))
    given = dict(file["stand-in"]) if file.has_section("stand-in") else {}
    fail_at = os.environ.get("STAND_IN_FAIL_AT", given.get("fail_at", ""))
    seconds = float(os.environ.get("STAND_IN_STEP_SECONDS", given.get("step_seconds", "0.4")))
    if fail_at and fail_at not in STEPS + OVERCLOUD_STEPS:
        raise SystemExit(f"{PREFIX}fail_at is \"{fail_at}\"; the steps are {', '.join(STEPS + OVERCLOUD_STEPS)}")
    return fail_at, seconds


def write(path, text):
    """Writes a file that only its owner may read, whole or not at all."""
    part = path + ".part"
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    os.rename(part, path)


def passwords(path):
    """Those of an earlier run are kept, as the real client keeps them."""
    import yaml

    found = {}
    if os.path.exists(path):
        with open(path) as file:
            # The file may be empty: a machine that lost its power kept its name and not its bytes.
            found = (yaml.safe_load(file) or {}).get("parameter_defaults") or {}
    values = {name: found.get(name) or secrets.token_urlsafe(20) for name in PARAMETERS}
    write(path, yaml.safe_dump({"parameter_defaults": values}, default_flow_style=False))
    return values


def make_key(home):
    """The key pair that an undercloud's account has, and the deploy command asks for."""
    path = os.path.join(home, ".ssh/id_rsa")
    if not os.path.exists(path):
        subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", path], check=True, stdin=subprocess.DEVNULL)


def main(argv):
    parser = argparse.ArgumentParser(prog="openstack tripleo deploy", allow_abbrev=False)
    for option in ("--deployment-user", "--output-dir", "--local-ip"):
        parser.add_argument(option, required=True)
    parser.add_argument("--public-virtual-ip")
    # The rest of what the real client passes on is Heat's and Ansible's.
    args, _ = parser.parse_known_args(argv)
    user = pwd.getpwnam(args.deployment_user)
    # Everything that is written belongs to that account: nothing here needs root.
    os.initgroups(user.pw_name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    fail_at, seconds = settings(user.pw_dir)

    say("This is a stand-in: nothing of OpenStack is deployed.")
    values = None
    for number, step in enumerate(STEPS, 1):
        say(f"{number}/{len(STEPS)} {step}")
        time.sleep(seconds)
        if step == fail_at:
            say(f"failed at {step}, as it was told to")
            return 1
        if step == "passwords":
            values = passwords(os.path.join(args.output_dir, "tripleo-undercloud-passwords.yaml"))
            classic = "".join(f"{key}={values[name]}\n" for key, name in CLASSIC.items())
            write(os.path.join(user.pw_dir, "undercloud-passwords.conf"), "[auth]\n" + classic)
    make_key(user.pw_dir)
    ip = args.public_virtual_ip
    url = f"https://{ip}:13000" if ip else f"http://{args.local_ip.split('/')[0]}:5000"
    write(os.path.join(user.pw_dir, "stackrc"), STACKRC.format(password=values["AdminPassword"], url=url))
    say("done")
    return 0
