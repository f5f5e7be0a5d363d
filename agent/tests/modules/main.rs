//! Modules of lines, accounts, packages, services and facts, through the agent's binary.

// All of it is tests; said so for the lints that spare only those.
#[cfg(test)]
mod accounts;
#[cfg(test)]
mod apt_keys;
#[cfg(test)]
mod editing;
#[cfg(test)]
mod editing_parity;
#[cfg(test)]
mod expecting;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod filter;
#[cfg(test)]
mod finding;
#[cfg(test)]
mod git;
#[cfg(test)]
#[allow(dead_code)]
#[path = "../agent/harness.rs"]
mod harness;
#[cfg(test)]
mod keeping;
#[cfg(test)]
mod naming;
#[cfg(test)]
#[path = "../agent/oracle.rs"]
mod oracle;
#[cfg(test)]
mod packages;
#[cfg(test)]
mod packages_parity;
#[cfg(test)]
mod private;
#[cfg(test)]
mod python_packages;
#[cfg(test)]
mod sandbox;
#[cfg(test)]
mod servers;
#[cfg(test)]
mod services;
#[cfg(test)]
mod sources_parity;
#[cfg(test)]
mod subversion;
#[cfg(test)]
mod waiting;
