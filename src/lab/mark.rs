//! The marks by which warp knows its own: what bears none is never touched.
//!
//! Domains and networks bear an element in their `<metadata>`, which libvirt keeps through every change. A pool has
//! no metadata: its mark is its UUID, which is a hash of the lab's id and the pool's name. Volumes are in the lab's
//! manifest.

use super::xml::Element;
use crate::error::Result;

/// The XML namespace of the mark.
pub const NAMESPACE: &str = "urn:warp:lab";

/// The UUID that marks the pool of this name as the lab's. Version 8 of RFC 9562: made by a method of our own.
#[must_use]
pub fn pool_uuid(lab: &str, pool: &str) -> String {
    let hash = blake3::derive_key("warp lab pool uuid 1", format!("{lab}\0{pool}").as_bytes());
    let mut hex: Vec<char> =
        hash.iter().take(16).flat_map(|b| format!("{b:02x}").chars().collect::<Vec<_>>()).collect();
    if let Some(version) = hex.get_mut(12) {
        *version = '8';
    }
    if let Some(variant) = hex.get_mut(16) {
        *variant = 'a';
    }
    for dash in [20, 16, 12, 8] {
        hex.insert(dash, '-');
    }
    hex.into_iter().collect()
}

/// A domain's or network's description with the lab's mark in it.
///
/// # Errors
/// XML that is not well-formed.
pub fn stamp(lab: &str, xml: &str) -> Result<Element> {
    let mut root = Element::parse(xml)?;
    let metadata = root.child_mut("metadata");
    metadata.children.retain(|child| !is_mark(child));
    metadata.children.push(Element {
        name: "warp:lab".to_owned(),
        attributes: vec![("xmlns:warp".to_owned(), NAMESPACE.to_owned()), ("id".to_owned(), lab.to_owned())],
        ..Element::default()
    });
    Ok(root)
}

/// The id of the lab whose mark a domain's or network's description bears.
#[must_use]
pub fn owner(description: &Element) -> Option<&str> {
    description.all("metadata").iter().flat_map(|m| &m.children).find(|c| is_mark(c))?.attribute("id")
}

fn is_mark(element: &Element) -> bool {
    let Some((prefix, "lab")) = element.name.split_once(':') else { return false };
    element.attribute(&format!("xmlns:{prefix}")) == Some(NAMESPACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_again_and_replaces_an_older_one() {
        let once = stamp("aaaa", "<network><name>n</name></network>").unwrap();
        assert_eq!(owner(&once), Some("aaaa"));
        let twice = stamp("bbbb", &once.to_xml()).unwrap();
        assert_eq!(owner(&twice), Some("bbbb"));
        assert_eq!(twice.all("metadata/warp:lab").len(), 1);
        let foreign = "<domain><metadata><o:os xmlns:o='http://libosinfo.org'/></metadata></domain>";
        assert_eq!(owner(&Element::parse(foreign).unwrap()), None);
        assert_eq!(stamp("aaaa", foreign).unwrap().all("metadata/o:os").len(), 1);
    }

    #[test]
    fn pool_uuids_are_valid_and_differ_by_lab_and_name() {
        let uuid = pool_uuid("aaaa", "oooq_pool");
        assert_eq!(uuid, pool_uuid("aaaa", "oooq_pool"));
        assert_ne!(uuid, pool_uuid("aaab", "oooq_pool"));
        assert_ne!(uuid, pool_uuid("aaaa", "default"));
        let parts: Vec<&str> = uuid.split('-').collect();
        assert_eq!(parts.iter().map(|p| p.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(parts[2].starts_with('8') && parts[3].starts_with('a'));
    }
}
