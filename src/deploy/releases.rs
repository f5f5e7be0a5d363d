//! The table of releases, `vars/releases.yml`, typed: a misspelt or missing capability is found when warp is built and
//! tested, not in the middle of somebody's deployment.

use crate::error::{Error, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a release can do, as far as deployments differ by it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Whether the undercloud's services run in containers by default.
    pub undercloud_containers: bool,
    /// Whether the overcloud's do.
    pub overcloud_containers: bool,
    /// How undercloud.conf names the public and admin endpoints.
    pub undercloud_endpoints: Endpoints,
    /// Whether undercloud.conf has a section for each subnet.
    pub undercloud_subnets: bool,
    /// The undercloud's container runtime.
    pub undercloud_container_cli: ContainerCli,
    /// Whether undercloud.conf names it.
    pub container_cli_option: bool,
    /// How nodes are switched on and off.
    pub power: Power,
    /// Whether `overcloud deploy` has `--validation-errors-fatal`.
    pub validation_errors_option: bool,
    /// Whether it has `--control-flavor` and its like.
    pub flavor_options: bool,
    /// Whether it has `--override-ansible-cfg`.
    pub ansible_cfg_option: bool,
    /// Whether the cloud's names are parameters.
    pub cloud_names: bool,
    /// Whether the templates have `ssl/tls-endpoints-public-ip.yaml`.
    pub public_ip_endpoints: bool,
    /// Whether they have `low-memory-usage.yaml`.
    pub low_memory: bool,
    /// Whether they have TLS everywhere.
    pub tls_everywhere: bool,
    /// Whether they have the bootstrap environment of deployed servers.
    pub deployed_server_bootstrap: bool,
    /// Whether `docker.yaml` stands before the containers' parameters.
    pub docker_environment_first: bool,
    /// Which file holds the containers' parameters.
    pub container_parameters: ContainerParameters,
    /// The overcloud's container runtime.
    pub overcloud_container_cli: ContainerCli,
    /// Whether the undercloud's Heat keeps the stack after the deployment.
    pub heat_stack: bool,
    /// Whether there is `openstack overcloud status`.
    pub overcloud_status: bool,
    /// Whether the undercloud has Nova, with flavors.
    pub nova_flavors: bool,
    /// Whether a node of instackenv.json has `ports` in the place of `mac`.
    pub node_ports: bool,
    /// Whether networks are provisioned before the deployment, in the place of the templates' `network-isolation.yaml`.
    pub network_provision: bool,
    /// Whether every server is a deployed one, and `deployed-server-environment.yaml` is gone.
    pub deployed_servers_only: bool,
}

/// How undercloud.conf names endpoints.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Endpoints {
    /// `undercloud_public_vip`.
    Vip,
    /// `undercloud_public_host`.
    Host,
}

/// A container runtime.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ContainerCli {
    /// Docker.
    Docker,
    /// Podman.
    Podman,
}

/// Drivers of Ironic.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// virsh over ssh, with the virt-power key.
    PxeSsh,
    /// IPMI, by its name until Ocata.
    PxeIpmitool,
    /// IPMI.
    Ipmi,
}

/// Which file holds the containers' parameters.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ContainerParameters {
    /// `containers-default-parameters.yaml`, which preparing the images writes.
    Default,
    /// `containers-prepare-parameter.yaml`, from which the deployment itself prepares them.
    Prepare,
}

/// The name of the newest release, which stands for those that are not known.
pub const NEWEST: &str = "master";

/// Reads the table.
///
/// # Errors
/// A table that is not of this form.
pub fn table() -> Result<BTreeMap<String, Release>> {
    #[derive(Deserialize)]
    struct Table {
        releases: BTreeMap<String, Release>,
    }
    let failed = |e: serde_yaml::Error| Error::other(format!("vars/releases.yml cannot be understood: {e}"));
    let mut text: serde_yaml::Value =
        serde_yaml::from_str(include_str!("../../vars/releases.yml")).map_err(failed)?;
    // A row merges the one before it, which merges another: each pass resolves one of these.
    for _ in
        0..text.get("releases").and_then(serde_yaml::Value::as_mapping).map_or(0, serde_yaml::Mapping::len)
    {
        text.apply_merge().map_err(failed)?;
    }
    Ok(serde_yaml::from_value::<Table>(text).map_err(failed)?.releases)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_ends_with_the_newest() {
        let table = table().unwrap();
        assert_eq!(table["newton"].power, Power::PxeSsh);
        assert_eq!(table["ocata"].power, Power::PxeIpmitool);
        assert_eq!(table[NEWEST].power, Power::Ipmi);
        assert!(table["victoria"].flavor_options && !table[NEWEST].flavor_options);
    }
}
