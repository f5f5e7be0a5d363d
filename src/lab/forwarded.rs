//! Guests with user-mode networking: what libvirt does not know of their cards, which stand in qemu's own arguments.

use super::xml::Element;

/// The way to a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwarded {
    /// The hardware address of its card.
    pub mac: String,
    /// The port of this machine's loopback that leads to its ssh server.
    pub port: u16,
}

/// The way to a domain's guest, if it has such a card: that which its description passes on to qemu first.
#[must_use]
pub fn of(description: &Element) -> Option<Forwarded> {
    let args = description.all("qemu:commandline/qemu:arg");
    let field = |name: &str| {
        let fields = args.iter().filter_map(|arg| arg.attribute("value")).flat_map(|value| value.split(','));
        fields.filter_map(|field| field.strip_prefix(name)).next()
    };
    let port = field("hostfwd=tcp:127.0.0.1:")?.strip_suffix("-:22")?.parse().ok()?;
    Some(Forwarded { mac: field("mac=")?.to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forwarded_port_is_found_where_there_is_one() {
        let xml = "<domain><qemu:commandline><qemu:arg value='-netdev'/>\
            <qemu:arg value='user,id=warp1,hostfwd=tcp:127.0.0.1:22417-:22'/><qemu:arg value='-device'/>\
            <qemu:arg value='virtio-net-pci,netdev=warp1,mac=52:54:00:00:00:01,romfile='/>\
            <qemu:arg value='virtio-net-pci,netdev=warp2,mac=52:54:00:00:00:02'/></qemu:commandline></domain>";
        let found = of(&Element::parse(xml).unwrap());
        assert_eq!(found, Some(Forwarded { mac: "52:54:00:00:00:01".to_owned(), port: 22417 }));
        assert_eq!(of(&Element::parse("<domain/>").unwrap()), None);
    }
}
