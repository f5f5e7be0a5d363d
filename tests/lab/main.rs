//! A real lab: a private libvirtd, networks, a pool, a disk and a machine, seen from outside by virsh and /proc.

// All of it is tests; said so for the lints that spare only those.
#[cfg(test)]
mod account;
#[cfg(test)]
mod apparmor;
#[cfg(test)]
#[path = "../support/apparmor.rs"]
mod apparmor_rules;
#[cfg(test)]
mod bench;
#[cfg(test)]
mod beside;
#[cfg(test)]
#[allow(dead_code)] // Each test program uses a part of it.
#[path = "../support/left.rs"]
mod left;
#[cfg(test)]
mod life;
#[cfg(test)]
mod parity;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod roles_xml;
#[cfg(test)]
#[path = "../support/mod.rs"]
mod support;
