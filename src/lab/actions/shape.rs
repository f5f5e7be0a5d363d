//! `warp.lab.network` and `warp.lab.domain`: what is there already, and bringing it to what is wanted.

use super::call::{Args, Failed};
use super::predict;
use crate::lab::Lab;
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, Kind, Spec};
use warp_agent::value::Value;
use warp_agent::wire::Mode;

pub static NETWORK: Spec = super::lab::spec(
    "network",
    "Changes a network of the lab that is there to what its description says; makes none.",
    &[
        Arg::new("name", Kind::Str).required().help("The network."),
        Arg::new("xml", Kind::Str).required().help("Its description."),
    ],
);

pub fn network(lab: &Lab, args: &Args, mode: &Mode) -> Result<Outcome, Failed> {
    let name = args.required("name")?;
    let reshaped = lab.reshape_network(name, args.required("xml")?, mode.check)?;
    let mut outcome = Outcome::changed(!reshaped.differences.is_empty());
    outcome = outcome.with("differences", predict::told(&reshaped.differences));
    if mode.check {
        predict::object(&mut outcome, "network", name, "change");
    }
    if reshaped.at_restart {
        outcome.warnings.push(format!(
            "the network {name} is in use: what changed holds when it is started anew, which cuts its guests off until they are too"
        ));
    }
    Ok(outcome)
}

pub static DOMAIN: Spec = super::lab::spec(
    "domain",
    "Tells whether a domain of the lab is there, and the kernel, initrd, root device and seed that it is booted with.",
    &[Arg::new("name", Kind::Str).required().help("The domain.")],
);

pub fn domain(lab: &Lab, args: &Args, _: &Mode) -> Result<Outcome, Failed> {
    let boot = lab.direct_boot(args.required("name")?)?;
    let there = boot.is_some();
    let boot = boot.unwrap_or_default();
    let text = |value: Option<String>| value.map_or(Value::Null, Value::from);
    Ok(Outcome::ok()
        .with("there", there)
        .with("kernel", text(boot.kernel))
        .with("initrd", text(boot.initrd))
        .with("root", text(boot.root))
        .with("seed", text(boot.seed)))
}
