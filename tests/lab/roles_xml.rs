//! XML as a tree whose text says nothing of order and white space that mean nothing.

use quick_xml::events::Event;
use quick_xml::{Reader, XmlVersion};
use std::collections::BTreeMap;
use std::fmt::Write;

#[derive(Clone, Default)]
pub struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub children: Vec<Element>,
    pub text: String,
}

impl Element {
    pub fn get(&self, attribute: &str) -> String {
        self.attributes.get(attribute).cloned().unwrap_or_default()
    }

    pub fn set(&mut self, attribute: &str, value: &str) {
        self.attributes.insert(attribute.to_owned(), value.to_owned());
    }

    pub fn child_of(&mut self, name: &str) -> Option<&mut Element> {
        self.children.iter_mut().find(|c| c.name == name)
    }

    #[track_caller]
    pub fn child(&mut self, name: &str) -> &mut Element {
        let parent = self.name.clone();
        self.child_of(name).unwrap_or_else(|| panic!("no {name} in {parent}"))
    }

    /// Those at a path below.
    pub fn all(&mut self, path: &str) -> Vec<&mut Element> {
        path.split('/').fold(vec![self], |found, name| {
            found.into_iter().flat_map(|e| e.children.iter_mut().filter(move |c| c.name == name)).collect()
        })
    }

    /// Whether a card's source has this name.
    pub fn source_is(&self, name: &str) -> bool {
        self.children.iter().any(|c| c.name == "source" && c.attributes.values().any(|v| v == name))
    }

    /// A line each element. Those of one name keep their order, which the guest sees; else they are sorted.
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out
    }

    fn write(&self, out: &mut String, depth: usize) {
        let attributes: Vec<String> = self.attributes.iter().map(|(k, v)| format!(" {k}={v:?}")).collect();
        writeln!(out, "{:depth$}{}{} {}", "", self.name, attributes.concat(), self.text.trim()).unwrap();
        let mut children: Vec<&Element> = self.children.iter().collect();
        children.sort_by_key(|c| &c.name);
        children.into_iter().for_each(|c| c.write(out, depth + 2));
    }
}

#[track_caller]
pub fn parse(xml: &str) -> Element {
    let mut reader = Reader::from_str(xml);
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().unwrap_or_else(|e| panic!("{e} in {xml}")) {
            Event::Eof => return open.remove(0).children.remove(0),
            Event::End(_) => {
                let done = open.pop().unwrap();
                open.last_mut().unwrap().children.push(done);
            }
            Event::Text(text) => open.last_mut().unwrap().text += &text.xml10_content(),
            Event::GeneralRef(name) => {
                open.last_mut().unwrap().text +=
                    &quick_xml::escape::unescape(&format!("&{};", &*name)).unwrap();
            }
            event @ (Event::Start(_) | Event::Empty(_)) => {
                let empty = matches!(event, Event::Empty(_));
                let (Event::Start(tag) | Event::Empty(tag)) = event else { unreachable!() };
                let mut element = Element { name: tag.name().as_ref().to_owned(), ..Element::default() };
                for attribute in tag.attributes().map(Result::unwrap) {
                    let value = attribute.normalized_value(XmlVersion::Implicit1_0).unwrap().into_owned();
                    element.attributes.insert(attribute.key.as_ref().to_owned(), value);
                }
                if empty {
                    open.last_mut().unwrap().children.push(element);
                } else {
                    open.push(element);
                }
            }
            _ => {}
        }
    }
}
