//! The overcloud's nodes as they are asked for: how many of each role, or which servers.

use crate::error::{Error, Exit, Result};
use crate::value::{Map, Text, Value, Vars};
use std::net::Ipv4Addr;
use std::str::FromStr;

/// A role of nodes.
#[derive(Debug)]
pub struct Role {
    /// Its name in TripleO.
    pub name: &'static str,
    /// Its flavor, and how the names of its nodes begin.
    pub flavor: &'static str,
    /// How the names of its servers begin.
    pub server: &'static str,
    /// The environment variable that lists its servers.
    pub variable: &'static str,
}

/// The roles, in the order in which nodes are numbered.
pub const ROLES: [Role; 5] = [
    Role { name: "Controller", flavor: "control", server: "controller", variable: "CONTROLLER_HOSTS" },
    Role { name: "Compute", flavor: "compute", server: "compute", variable: "COMPUTE_HOSTS" },
    Role { name: "CephStorage", flavor: "ceph", server: "cephstorage", variable: "CEPHSTORAGE_HOSTS" },
    Role {
        name: "BlockStorage",
        flavor: "blockstorage",
        server: "blockstorage",
        variable: "BLOCKSTORAGE_HOSTS",
    },
    Role {
        name: "ObjectStorage",
        flavor: "objectstorage",
        server: "objectstorage",
        variable: "OBJECTSTORAGE_HOSTS",
    },
];

/// The port of the first node's virtual BMC; each node has its own.
const FIRST_BMC_PORT: i64 = 6230;

/// The nodes of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many, to be made.
    Count(u16),
    /// Servers that exist.
    Servers(Vec<Ipv4Addr>),
}

impl FromStr for Amount {
    type Err = String;

    /// A number, or addresses with commas or spaces between them.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(count) = text.trim().parse() {
            return Ok(Amount::Count(count));
        }
        let words = text.split([',', ' ']).filter(|word| !word.is_empty());
        let servers: Vec<Ipv4Addr> = words
            .map(|word| word.parse().map_err(|_| format!("{word} is neither a number nor an IPv4 address")))
            .collect::<Result<_, _>>()?;
        if servers.is_empty() {
            return Err("a number, or addresses with commas between them".to_owned());
        }
        Ok(Amount::Servers(servers))
    }
}

/// What each role, in the order of [`ROLES`], is asked for.
#[derive(Debug, Default)]
pub struct Nodes(pub [Option<Amount>; 5]);

impl Nodes {
    /// Fills in the servers that the environment lists where the command line names no nodes at all.
    ///
    /// # Errors
    /// `Exit::Usage` for what is no list of addresses.
    pub fn or_environment(mut self, var: impl Fn(&str) -> Option<String>) -> Result<Self> {
        if self.0.iter().all(Option::is_none) {
            for (amount, role) in self.0.iter_mut().zip(&ROLES) {
                let Some(text) = var(role.variable).filter(|text| !text.trim().is_empty()) else { continue };
                match text.parse() {
                    Ok(Amount::Servers(servers)) => *amount = Some(Amount::Servers(servers)),
                    Ok(Amount::Count(_)) => {
                        return Err(refused(role.variable, &text, "is no list of addresses"));
                    }
                    Err(why) => return Err(refused(role.variable, &text, &why)),
                }
            }
        }
        Ok(self)
    }

    /// Whether the nodes are servers that exist: `None` when nothing is asked for.
    ///
    /// # Errors
    /// `Exit::Usage` when some are to be made and some exist.
    pub fn are_servers(&self) -> Result<Option<bool>> {
        let mut asked = self.0.iter().flatten().map(|amount| matches!(amount, Amount::Servers(_)));
        let Some(first) = asked.next() else { return Ok(None) };
        if asked.any(|servers| servers != first) {
            return Err(Error::new(Exit::Usage, "nodes by number and servers by address cannot be mixed")
                .help("give each role a number, or each the addresses of its servers"));
        }
        Ok(Some(first))
    }

    /// What the plays must know of these.
    #[must_use]
    pub fn variables(&self) -> Vars {
        let text = |text: &str| Value::Text(Text::data(text));
        let map = |entries: Vec<(&str, Value)>| {
            Value::map(entries.into_iter().map(|(k, v)| (k.into(), v)).collect::<Map>())
        };
        let (mut nodes, mut servers, mut roles, mut topology) = (vec![], vec![], vec![], vec![]);
        for (role, amount) in ROLES.iter().zip(&self.0) {
            let scale = match amount {
                None => continue,
                Some(Amount::Count(count)) => {
                    for number in 0..*count {
                        let port = FIRST_BMC_PORT + i64::try_from(nodes.len()).unwrap_or_default();
                        nodes.push(map(vec![
                            ("name", text(&format!("{}_{number}", role.flavor))),
                            ("flavor", text(role.flavor)),
                            ("virtualbmc_port", port.into()),
                        ]));
                    }
                    i64::from(*count)
                }
                Some(Amount::Servers(addresses)) => {
                    for (number, address) in addresses.iter().enumerate() {
                        servers.push(map(vec![
                            ("name", text(&format!("{}-{number}", role.server))),
                            ("role", text(role.name)),
                            ("address", text(&address.to_string())),
                        ]));
                    }
                    let hosts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
                    roles.push(map(vec![("name", text(role.name)), ("hosts", text(&hosts.join(" ")))]));
                    i64::try_from(addresses.len()).unwrap_or(i64::MAX)
                }
            };
            topology.push((role.name, map(vec![("scale", scale.into())])));
        }
        let mut vars = Vars::new();
        if topology.is_empty() {
            return vars;
        }
        vars.insert("topology_map".into(), map(topology));
        let exist = !servers.is_empty();
        vars.insert("deployed_server".into(), Value::Bool(exist));
        vars.insert("overcloud_nodes".into(), Value::list(nodes));
        if exist {
            vars.insert("overcloud_servers".into(), Value::list(servers));
            vars.insert("deployed_server_overcloud_roles".into(), Value::list(roles));
            vars.insert("hypervisor_wait".into(), Value::Bool(false));
        }
        vars
    }
}

fn refused(variable: &str, text: &str, why: &str) -> Error {
    Error::new(Exit::Usage, format!("{variable}={text}: {why}"))
        .help("list the servers' private IPv4 addresses with spaces or commas between them")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_addresses() {
        assert_eq!("3".parse(), Ok(Amount::Count(3)));
        let two = Amount::Servers(vec![Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2)]);
        assert_eq!("10.0.0.1,10.0.0.2".parse(), Ok(two.clone()));
        assert_eq!("10.0.0.1 10.0.0.2".parse(), Ok(two));
        assert!("ten".parse::<Amount>().unwrap_err().contains("ten"));
    }

    #[test]
    fn the_environment_counts_when_the_command_line_names_none() {
        let var = |name: &str| (name == "COMPUTE_HOSTS").then(|| "10.0.0.9".to_owned());
        let nodes = Nodes::default().or_environment(var).unwrap();
        assert_eq!(nodes.are_servers().unwrap(), Some(true));
        let given = Nodes([Some(Amount::Count(1)), None, None, None, None]).or_environment(var).unwrap();
        assert_eq!(given.0[1], None);
    }

    #[test]
    fn numbers_and_servers_do_not_mix() {
        let mixed = Nodes([
            Some(Amount::Count(1)),
            Some(Amount::Servers(vec![Ipv4Addr::LOCALHOST])),
            None,
            None,
            None,
        ]);
        assert_eq!(mixed.are_servers().unwrap_err().exit(), Exit::Usage);
    }
}
