//! libvirt's XML as a small tree: enough to look things up in a description, add to it and compare two.

use crate::error::{Error, Result};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::fmt::Write;

/// An element. Comments and processing instructions are dropped, and so is the white space between elements.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Element {
    /// Its name, with its prefix.
    pub name: String,
    /// Its attributes in order, unescaped.
    pub attributes: Vec<(String, String)>,
    /// The elements in it.
    pub children: Vec<Element>,
    /// The text in it, unescaped and trimmed.
    pub text: String,
}

impl Element {
    /// Parses a document's root.
    ///
    /// # Errors
    /// XML that is not well-formed, with the parser's reason and the line.
    pub fn parse(xml: &str) -> Result<Element> {
        let mut reader = Reader::from_str(xml);
        let mut open: Vec<Element> = Vec::new();
        loop {
            let event = reader.read_event().map_err(|e| malformed(xml, reader.error_position(), &e))?;
            let at = reader.buffer_position();
            let done = match event {
                Event::Start(tag) => {
                    open.push(element(&tag).map_err(|e| malformed(xml, at, &e))?);
                    None
                }
                Event::Empty(tag) => Some(element(&tag).map_err(|e| malformed(xml, at, &e))?),
                Event::End(_) => open.pop(),
                Event::Text(text) => append(&mut open, &text.xml10_content()),
                Event::CData(text) => append(&mut open, &text.xml10_content()),
                Event::GeneralRef(name) => {
                    let text = quick_xml::escape::unescape(&format!("&{};", &*name))
                        .map_err(|e| malformed(xml, at, &e))?
                        .into_owned();
                    append(&mut open, &text)
                }
                Event::Eof => return Err(malformed(xml, at, &"an element is not closed")),
                _ => None,
            };
            if let Some(mut done) = done {
                done.text = done.text.trim().to_owned();
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => return Ok(done),
                }
            }
        }
    }

    /// An attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// All elements at a path of names below this one: `devices/interface`.
    #[must_use]
    pub fn all(&self, path: &str) -> Vec<&Element> {
        path.split('/').fold(vec![self], |found, name| {
            found.into_iter().flat_map(|e| e.children.iter().filter(move |c| c.name == name)).collect()
        })
    }

    /// The first element at a path of names below this one.
    #[must_use]
    pub fn first(&self, path: &str) -> Option<&Element> {
        self.all(path).first().copied()
    }

    /// The first child of this name, made when there is none.
    pub fn child_mut(&mut self, name: &str) -> &mut Element {
        let at = self.children.iter().position(|c| c.name == name).unwrap_or_else(|| {
            self.children.push(Element { name: name.to_owned(), ..Element::default() });
            self.children.len() - 1
        });
        // `at` was found or pushed just now.
        #[allow(clippy::indexing_slicing)]
        &mut self.children[at]
    }

    /// As XML, without white space between elements.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        let _ = write!(out, "<{}", self.name);
        for (name, value) in &self.attributes {
            let _ = write!(out, " {name}=\"{}\"", quick_xml::escape::escape(value));
        }
        if self.children.is_empty() && self.text.is_empty() {
            out.push_str("/>");
            return;
        }
        let _ = write!(out, ">{}", quick_xml::escape::escape(&self.text));
        for child in &self.children {
            child.write(out);
        }
        let _ = write!(out, "</{}>", self.name);
    }
}

fn element(tag: &BytesStart<'_>) -> Result<Element, quick_xml::Error> {
    let mut element = Element { name: tag.name().as_ref().to_owned(), ..Element::default() };
    for attribute in tag.attributes() {
        let attribute = attribute?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0)?.into_owned();
        element.attributes.push((attribute.key.as_ref().to_owned(), value));
    }
    Ok(element)
}

/// Text belongs to the innermost open element, and closes none.
fn append(open: &mut [Element], text: &str) -> Option<Element> {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
    None
}

fn malformed(xml: &str, at: u64, why: &dyn std::fmt::Display) -> Error {
    let before = usize::try_from(at).ok().and_then(|at| xml.get(..at)).unwrap_or(xml);
    let line = before.matches('\n').count() + 1;
    Error::input(format!("the XML is not well-formed: {why} (line {line})"))
}

#[cfg(test)]
mod tests {
    use super::Element;

    #[test]
    fn a_description_is_read_and_written_without_loss() {
        let xml = "<?xml version='1.0'?>\n<domain type='qemu' xmlns:q=\"http://q\">\n <!-- hm -->\n <name>a &amp; b</name>\
                   <q:arg v='&lt;&quot;'/><x><![CDATA[1<2]]></x>\n</domain>";
        let domain = Element::parse(xml).unwrap();
        assert_eq!(domain.first("name").unwrap().text, "a & b");
        assert_eq!(domain.first("q:arg").unwrap().attribute("v"), Some("<\""));
        assert_eq!(Element::parse(&domain.to_xml()).unwrap(), domain);
    }

    #[test]
    fn broken_xml_is_refused_with_its_line() {
        for (xml, line) in
            [("<a>\n<b>\n</a>", 3), ("<a>\n", 2), ("<a b=1/>", 1), ("", 1), ("<a>&nope;</a>", 1)]
        {
            let error = Element::parse(xml).unwrap_err();
            assert!(error.message().ends_with(&format!("(line {line})")), "{xml:?}: {}", error.message());
        }
    }
}
