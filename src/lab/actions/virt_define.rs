//! `virt: command=define`.

use super::call::{Args, Failed, Session};
use super::predict;
use crate::failpoint;
use crate::lab::own::foreign;
use crate::lab::xml::Element;
use crate::lab::{difference, libvirt, mark};
use ::virt::domain::Domain;
use ::virt::sys;
use warp_agent::outcome::{Diff, Outcome};
use warp_agent::wire::Mode;

/// Defines a domain, or changes the definition of the one that has its name.
pub fn define(session: &Session, args: &Args, mode: &Mode) -> Result<Outcome, Failed> {
    let xml = args.text("xml")?.filter(|xml| !xml.is_empty()).ok_or("define requires 'xml' argument")?;
    for flag in ["ADD_MAC_ADDRESSES", "ADD_MAC_ADDRESSES_FUZZY"] {
        if args.list("mutate_flags").iter().any(|f| f.as_str() == Some(flag)) {
            return Err(Failed(format!(
                "the mutate flag {flag} is not supported; give the MAC addresses in the XML"
            )));
        }
    }
    let mut wanted = match &session.lab {
        Some(lab) => mark::stamp(&lab.id(), xml),
        None => Element::parse(xml),
    }
    .map_err(|e| Failed(format!("given XML is invalid: {}", e.message())))?;
    let name = name_of(&mut wanted, args.text("name")?)?;
    let existing = libvirt::domain(&session.connect, &name)?;
    let Some(existing) = existing else {
        if mode.check {
            let outcome = Outcome::changed(true);
            let outcome = if session.lab.is_some() { outcome.with("definition", xml) } else { outcome };
            return Ok(with_diff(outcome, mode, String::new(), wanted.to_xml()));
        }
        redefine(session, &wanted)?;
        if let Some(autostart) = args.flag("autostart") {
            session.autostart(&name, autostart, mode)?;
        }
        let outcome = Outcome::changed(true).with("created", name);
        return Ok(with_diff(outcome, mode, String::new(), wanted.to_xml()));
    };
    if let Some(lab) = &session.lab
        && !lab.owns_domain(&existing)?
    {
        return Err(foreign(&format!("the domain {name}")).into());
    }
    let uuid = existing.uuid_string()?;
    match wanted.first("uuid").map(|u| u.text.clone()) {
        Some(other) if other != uuid => {
            return Err(Failed(format!(
                "attempting to re-define domain {name}/{uuid} with a different UUID: {other}"
            )));
        }
        Some(_) => {}
        None if args.list("mutate_flags").iter().any(|f| f.as_str() == Some("ADD_UUID")) => {
            wanted.child_mut("uuid").text = uuid;
        }
        None => {}
    }
    let before = existing.xml_desc(sys::VIR_DOMAIN_XML_INACTIVE)?;
    let mut outcome = Outcome::ok();
    if mode.check {
        let found = difference::of_domains(&wanted, &Element::parse(&before)?);
        if !found.is_empty() {
            let changed = Outcome::changed(true).with("differences", predict::told(&found));
            outcome = with_diff(changed, mode, before, wanted.to_xml());
        }
    } else {
        let after = redefine(session, &wanted)?.xml_desc(sys::VIR_DOMAIN_XML_INACTIVE)?;
        if before != after {
            let mut changed = Outcome::changed(true).with("change_reason", "domain definition changed");
            if session.lab.is_some() && existing.is_active()? {
                changed.warnings.push(format!(
                    "the domain {name} runs: its new definition holds when it is started anew"
                ));
            }
            outcome = with_diff(changed, mode, before, after);
        }
    }
    if let Some(autostart) = args.flag("autostart")
        && session.autostart(&name, autostart, mode)?
    {
        outcome.changed = true;
        outcome = outcome.with("change_reason", "autostart");
    }
    Ok(outcome)
}

fn redefine(session: &Session, wanted: &Element) -> Result<Domain, Failed> {
    let domain = session.connect.define_domain_xml(&wanted.to_xml());
    let domain = domain.map_err(|e| Failed(format!("libvirtError: {}", e.message())))?;
    failpoint::reach("mid-define");
    Ok(domain)
}

/// The domain's name, which the XML or the task gives.
fn name_of(wanted: &mut Element, given: Option<&str>) -> Result<String, Failed> {
    let name = match (wanted.first("name").map(|n| n.text.clone()), given) {
        (Some(written), Some(given)) if written != given => {
            return Err("given 'name' parameter does not match name in XML".into());
        }
        (Some(written), _) => written,
        (None, Some(given)) => {
            wanted.child_mut("name").text = given.to_owned();
            given.to_owned()
        }
        (None, None) => return Err("missing 'name' parameter and no name provided in XML".into()),
    };
    if name.is_empty() {
        return Err("domain name cannot be an empty string".into());
    }
    Ok(name)
}

fn with_diff(mut outcome: Outcome, mode: &Mode, before: String, after: String) -> Outcome {
    if mode.diff {
        outcome.diff.push(Diff { before, after, ..Diff::default() });
    }
    outcome
}
