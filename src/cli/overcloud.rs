//! `warp deploy overcloud`: which nodes.

use super::deploy::{self, on_undercloud};
use crate::deploy::{Amount, Nodes};
use crate::error::{Error, Exit};
use crate::play::Errors;
use crate::value::{Text, Value};

// Not `Args`: clap names the group of a struct's options after it, and two of one name clash.
#[derive(Debug, clap::Args)]
pub(super) struct Wanted {
    #[command(flatten)]
    pub amounts: Amounts,
    #[command(flatten)]
    pub args: deploy::Args,
}

/// How many nodes of each kind, or which servers.
#[derive(Debug, clap::Args)]
pub(super) struct Amounts {
    /// Controllers: how many, or the addresses of servers that exist (CONTROLLER_HOSTS).
    #[arg(long, value_name = "N|IP,IP")]
    controllers: Option<Amount>,
    /// Compute nodes: how many, or addresses (COMPUTE_HOSTS).
    #[arg(long, value_name = "N|IP,IP")]
    computes: Option<Amount>,
    /// Ceph storage nodes: how many, or addresses (CEPHSTORAGE_HOSTS).
    #[arg(long, value_name = "N|IP,IP")]
    ceph: Option<Amount>,
    /// Block storage nodes: how many, or addresses (BLOCKSTORAGE_HOSTS).
    #[arg(long, value_name = "N|IP,IP")]
    blockstorage: Option<Amount>,
    /// Object storage nodes: how many, or addresses (OBJECTSTORAGE_HOSTS).
    #[arg(long, value_name = "N|IP,IP")]
    objectstorage: Option<Amount>,
}

impl Amounts {
    /// Whether any is told.
    pub fn any(&self) -> bool {
        let Amounts { controllers, computes, ceph, blockstorage, objectstorage } = self;
        [controllers, computes, ceph, blockstorage, objectstorage].into_iter().any(Option::is_some)
    }

    /// The nodes; where none are told, those of the environment.
    ///
    /// # Errors
    /// Addresses that are none.
    pub fn nodes(&self) -> Result<Nodes, Error> {
        let Amounts { controllers, computes, ceph, blockstorage, objectstorage } = self;
        let nodes = [controllers, computes, ceph, blockstorage, objectstorage].map(Clone::clone);
        Nodes(nodes).or_environment(|name| std::env::var(name).ok())
    }
}

/// That nobody says which nodes.
pub(super) fn none_named() -> Error {
    Error::new(Exit::Usage, "no nodes are named").help(
        "say --controllers and --computes, each a number or addresses; or set overcloud_nodes in custom.yaml",
    )
}

pub(super) fn deploy(wanted: &Wanted) -> Result<Exit, Errors> {
    let var = |name: &str| std::env::var(name).ok();
    let Wanted { amounts, args } = wanted;
    let nodes = amounts.nodes()?;
    let servers = nodes.are_servers()?;
    let mut vars = nodes.variables();
    if let Some(cidr) = var("EXT_NET_CIDR").filter(|cidr| !cidr.is_empty()) {
        vars.insert("undercloud_external_network_cidr".into(), Value::Text(Text::data(cidr)));
    }
    on_undercloud(args, vars, "warp deploy overcloud", async |deployment| {
        if servers.is_none() && !deployment.run.extra_vars.contains_key("overcloud_nodes") {
            return Err(none_named().into());
        }
        deployment.overcloud(servers == Some(true)).await
    })
}
