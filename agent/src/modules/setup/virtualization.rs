//! Whether this machine is a guest, a container or a host of such.

use super::Gather;
use super::platform::one;
use super::read;
use crate::command::Command;
use crate::module::Failed;
use crate::program;
use crate::value::Map;
use std::collections::BTreeSet;

/// What has been found; the first finding names the type and role, all of them are listed.
#[derive(Default)]
struct Found {
    kind: Option<(String, &'static str)>,
    guest: BTreeSet<String>,
    host: BTreeSet<String>,
}

impl Found {
    fn guest(&mut self, tech: &str) {
        self.guest.insert(tech.to_owned());
        self.name(tech, "guest");
    }

    fn host(&mut self, tech: &str) {
        self.host.insert(tech.to_owned());
        self.name(tech, "host");
    }

    fn name(&mut self, tech: &str, role: &'static str) {
        if self.kind.is_none() {
            self.kind = Some((tech.to_owned(), role));
        }
    }
}

pub fn collect(gather: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let mut found = Found::default();
    containers(&mut found);
    xen(&mut found);
    maker(&mut found);
    processors(&mut found);
    modules(&mut found);
    if let Some(dmidecode) = program::find(gather.cx, "dmidecode") {
        let argv = [dmidecode.into_os_string(), "-s".into(), "system-product-name".into()];
        let output = gather.cx.run(&Command::new(argv))?;
        let text = output.stdout_text();
        let name: String = text.lines().filter(|line| !line.starts_with('#')).map(str::trim).collect();
        if output.rc == 0 && name.starts_with("VMware") {
            found.guest("VMware");
        }
        if output.rc == 0 && text.contains("BHYVE") {
            found.guest("bhyve");
        }
    }
    if read::exists("/dev/kvm") {
        found.host("kvm");
    }
    let (kind, role) = found.kind.unwrap_or_else(|| ("NA".to_owned(), "NA"));
    let mut facts = one("virtualization_type", kind);
    facts.insert("virtualization_role".to_owned(), role.into());
    let list = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>();
    facts.insert("virtualization_tech_guest".to_owned(), list(found.guest).into());
    facts.insert("virtualization_tech_host".to_owned(), list(found.host).into());
    Ok(facts)
}

fn containers(found: &mut Found) {
    for line in read::lines("/proc/1/cgroup") {
        let docker = line.split_once("/docker").map(|(_, rest)| rest);
        if docker
            .is_some_and(|rest| rest.starts_with('/') || (rest.starts_with('-') && rest.contains(".scope")))
        {
            found.guest("docker");
        }
        if line.contains("/lxc/") || line.contains("/machine.slice/machine-lxc") {
            found.guest("lxc");
        }
        if line.contains("/system.slice/containerd.service") {
            found.guest("containerd");
        }
    }
    for variable in read::content("/proc/1/environ").unwrap_or_default().split('\0') {
        for tech in ["lxc", "podman"] {
            if variable.contains(&format!("container={tech}")) {
                found.guest(tech);
            }
        }
        if variable.strip_prefix("container=").is_some_and(|value| !value.is_empty()) {
            found.guest("container");
        }
    }
    if read::exists("/proc/vz") && !read::exists("/proc/lve") {
        if read::exists("/proc/bc") {
            found.host("openvz");
        } else {
            found.guest("openvz");
        }
    }
    let systemd = read::content("/run/systemd/container");
    if let Some(tech) = &systemd {
        found.guest(tech);
    }
    if read::exists("/.dockerenv") || read::exists("/.dockerinit") {
        found.guest("docker");
    }
    let known = ["docker", "lxc", "podman", "openvz", "containerd"];
    if systemd.is_some() || known.iter().any(|tech| found.guest.contains(*tech)) {
        found.guest.insert("container".to_owned());
    }
}

fn xen(found: &mut Found) {
    if !read::exists("/proc/xen") {
        return;
    }
    if read::lines("/proc/xen/capabilities").iter().any(|line| line.contains("control_d")) {
        found.host("xen");
    } else {
        found.name("xen", "guest");
    }
}

/// What the firmware calls the machine.
fn maker(found: &mut Found) {
    let content =
        |file: &str| read::content(format!("/sys/devices/virtual/dmi/id/{file}")).unwrap_or_default();
    let (product, vendor) = (content("product_name"), content("sys_vendor"));
    let (family, bios) = (content("product_family"), content("bios_vendor"));
    let by_product = match product.as_str() {
        "KVM" | "KVM Server" | "Bochs" | "AHV" | "CloudStack KVM Hypervisor" => Some("kvm"),
        _ => None,
    };
    let red_hat = match (vendor.as_str(), family.as_str(), product.as_str()) {
        ("oVirt", _, _) => Some("oVirt"),
        ("Red Hat", "RHV", _) => Some("RHV"),
        ("Red Hat", _, "RHEV Hypervisor") => Some("RHEV"),
        _ => None,
    };
    let vmware = product.starts_with("VMware").then_some("VMware");
    let nova = matches!(product.as_str(), "OpenStack Compute" | "OpenStack Nova").then_some("openstack");
    let by_bios = match bios.as_str() {
        "Xen" => Some("xen"),
        "innotek GmbH" => Some("virtualbox"),
        "Amazon EC2" | "DigitalOcean" | "Hetzner" | "Linode" => Some("kvm"),
        _ => None,
    };
    let by_vendor = match vendor.as_str() {
        "QEMU" | "Amazon EC2" | "DigitalOcean" | "Google" | "Scaleway" | "Nutanix" => Some("kvm"),
        "KubeVirt" => Some("KubeVirt"),
        "Microsoft Corporation" => Some("VirtualPC"),
        "Parallels Software International Inc." => Some("parallels"),
        "OpenStack Foundation" => Some("openstack"),
        _ => None,
    };
    for tech in [by_product, red_hat, vmware, nova, by_bios, by_vendor].into_iter().flatten() {
        found.guest(tech);
    }
}

/// What the kernel says of its processors.
fn processors(found: &mut Found) {
    for line in read::lines("/proc/self/status") {
        if let Some(id) = line.strip_prefix("VxID:") {
            if id.trim().starts_with('0') {
                found.host("linux_vserver");
            } else {
                found.guest("linux_vserver");
            }
        }
    }
    for line in read::lines("/proc/cpuinfo") {
        let tech = match () {
            () if line.starts_with("model name") && line.contains("QEMU Virtual CPU") => "kvm",
            () if line.starts_with("vendor_id") && line.contains("User Mode Linux") => "uml",
            () if line.starts_with("model name") && line.contains("UML") => "uml",
            () if line.starts_with("machine") && line.contains("CHRP IBM pSeries (emulated by qemu)") => {
                "kvm"
            }
            () if line.starts_with("vendor_id") && line.contains("PowerVM Lx86") => "powervm_lx86",
            () => continue,
        };
        found.guest(tech);
    }
}

fn modules(found: &mut Found) {
    let lines = read::lines("/proc/modules");
    let loaded = |name: &str| lines.iter().any(|line| line.split(' ').next() == Some(name));
    if loaded("kvm") {
        found.host("kvm");
    }
    if loaded("vboxdrv") {
        found.host("virtualbox");
    }
    if loaded("virtio") {
        found.host.insert("kvm".to_owned());
        found.name("kvm", "guest");
    }
}
