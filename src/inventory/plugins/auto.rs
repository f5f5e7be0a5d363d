//! Files that say themselves which plugin reads them: `plugin: NAME`.

use super::{Given, find};
use crate::error::{Error, Result, did_you_mean};
use crate::inventory::Inventory;
use crate::value::{read_source, yaml};

pub(super) fn accepts(given: &Given<'_>) -> bool {
    given.is_file() && matches!(given.extension().as_str(), ".yml" | ".yaml")
}

pub(super) fn read(given: &Given<'_>, inventory: &mut Inventory) -> Result<()> {
    let source = read_source(given.path())?;
    let document = yaml::parse(&source)?;
    let named = document.root.as_ref().and_then(|root| root.get("plugin"));
    let Some((node, name)) =
        named.and_then(|node| Some((node, node.as_str()?))).filter(|(_, n)| !n.is_empty())
    else {
        return Err(Error::input(format!(
            "no root 'plugin' key found, '{}' is not a valid YAML inventory plugin config file",
            given.text
        )));
    };
    let Some(plugin) = find(name) else {
        let error =
            Error::input(format!("inventory config '{}' specifies unknown plugin '{name}'", given.text))
                .at(node.span.clone())
                .note("plugins written in Python do not run; `constructed` and `generator` are built in");
        return Err(match did_you_mean(name, ["constructed", "generator"]) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        });
    };
    if !(plugin.accepts)(given, inventory) {
        return Err(Error::input(format!(
            "inventory source '{}' could not be verified by inventory plugin '{name}'",
            given.text
        ))
        .at(node.span.clone()));
    }
    (plugin.read)(given, inventory)
}
