//! TOML inventories.

use super::{Given, expand};
use crate::error::{Error, Result, Source, Span};
use crate::inventory::Inventory;
use crate::value::{Key, Map, Moment, Text, Value, read_source};
use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use std::sync::Arc;
use toml_edit::{Datetime, Document, Item, TableLike, Value as Toml};

pub(super) fn read(given: &Given<'_>, inventory: &mut Inventory) -> Result<()> {
    let source = read_source(given.path())?;
    let document = Document::parse(source.text()).map_err(|e| {
        let place = e.span().map(|range| Span::within(&source, range));
        Error::input(format!("TOML file '{}' is invalid.", given.text)).at(place).note(e.message().to_owned())
    })?;
    let root = document.as_table();
    if root.is_empty() {
        return Err(Error::input("Parsed empty TOML file"));
    }
    if root.get("plugin").is_some_and(|plugin| value(plugin, &source).truthy()) {
        return Err(Error::input("Plugin configuration TOML file, not TOML inventory"));
    }
    let mut reader = Reader { source: &source, inventory };
    root.iter().try_for_each(|(name, item)| reader.group(name, item))
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    inventory: &'a mut Inventory,
}

impl Reader<'_> {
    fn group(&mut self, name: &str, item: &Item) -> Result<()> {
        let Some(parts) = item.as_table_like() else {
            self.inventory.warn(format!("Skipping '{name}' as this is not a valid group definition"));
            return Ok(());
        };
        let group = self.inventory.add_group(name);
        for (part, item) in parts.iter() {
            match part {
                "vars" => {
                    for (name, item) in self.table(item, "vars", &group)?.iter() {
                        let value = value(item, self.source);
                        self.inventory.set_group_var(&group, name, value)?;
                    }
                }
                "children" => {
                    let Some(children) = item.as_array() else {
                        return Err(self.wrong(item, "children", &group, "a list"));
                    };
                    for child in children.iter().filter_map(Toml::as_str) {
                        let child = self.inventory.add_group(child);
                        self.inventory.put_beneath(&group, &child)?;
                    }
                }
                "hosts" => {
                    for (pattern, item) in self.table(item, "hosts", &group)?.iter() {
                        self.hosts(pattern, item, &group)?;
                    }
                }
                other => self.inventory.warn(format!(
                    "Skipping unexpected key \"{other}\" in group \"{group}\", only \"vars\", \"children\" and \
                     \"hosts\" are valid"
                )),
            }
        }
        Ok(())
    }

    fn hosts(&mut self, pattern: &str, item: &Item, group: &Arc<str>) -> Result<()> {
        let place = self.place(item);
        let (names, port) = expand(pattern).map_err(|why| Error::input(why).at(place.clone()))?;
        let Some(vars) = item.as_table_like() else {
            return Err(Error::input(format!(
                "Invalid data from file, expected dictionary and got:\n\n{}",
                crate::value::python_str(&value(item, self.source))
            ))
            .at(place));
        };
        for name in names {
            let name: Arc<str> = Arc::from(name);
            self.inventory.new_host(&name, port);
            self.inventory.join(&name, group);
            for (var, item) in vars.iter() {
                self.inventory.set_host_var(&name, var, value(item, self.source));
            }
        }
        Ok(())
    }

    fn table<'i>(&self, item: &'i Item, part: &str, group: &str) -> Result<&'i dyn TableLike> {
        item.as_table_like().ok_or_else(|| self.wrong(item, part, group, "a dict"))
    }

    fn wrong(&self, item: &Item, part: &str, group: &str, wanted: &str) -> Error {
        let found = value(item, self.source).type_name();
        Error::input(format!(
            "Invalid \"{part}\" entry for \"{group}\" group, requires {wanted}, found \"<class '{found}'>\" instead."
        ))
        .at(self.place(item))
    }

    fn place(&self, item: &Item) -> Option<Span> {
        item.span().map(|range| Span::within(self.source, range))
    }
}

fn value(item: &Item, source: &Arc<Source>) -> Value {
    match item {
        Item::None => Value::Null,
        Item::Value(value) => scalar(value, source),
        Item::Table(table) => map(table, source),
        Item::ArrayOfTables(tables) => Value::list(tables.iter().map(|t| map(t, source)).collect()),
    }
}

fn map(table: &dyn TableLike, source: &Arc<Source>) -> Value {
    Value::map(table.iter().map(|(k, item)| (Key::from(k), value(item, source))).collect::<Map>())
}

fn scalar(toml: &Toml, source: &Arc<Source>) -> Value {
    let place = || toml.span().map(|range| Span::within(source, range));
    match toml {
        Toml::String(text) => Value::Text(Text::source(text.value().as_str(), place())),
        Toml::Integer(i) => Value::from(*i.value()),
        Toml::Float(f) => Value::Float(*f.value()),
        Toml::Boolean(b) => Value::Bool(*b.value()),
        Toml::Datetime(time) => moment(time.value()).map_or(Value::Null, Value::Moment),
        Toml::Array(items) => Value::list(items.iter().map(|item| scalar(item, source)).collect()),
        Toml::InlineTable(table) => map(table, source),
    }
}

/// A date or time; TOML's reader has checked it.
fn moment(of: &Datetime) -> Option<Moment> {
    let date = match of.date {
        Some(d) => {
            Some(Date::new(d.year.try_into().ok()?, d.month.try_into().ok()?, d.day.try_into().ok()?).ok()?)
        }
        None => None,
    };
    let time = match of.time {
        Some(t) => Some(
            Time::new(
                t.hour.try_into().ok()?,
                t.minute.try_into().ok()?,
                t.second.unwrap_or(0).try_into().ok()?,
                t.nanosecond.unwrap_or(0).try_into().ok()?,
            )
            .ok()?,
        ),
        None => None,
    };
    let offset = match of.offset {
        None => None,
        Some(toml_edit::Offset::Z) => Some(Offset::UTC),
        Some(toml_edit::Offset::Custom { minutes }) => {
            Some(Offset::from_seconds(i32::from(minutes) * 60).ok()?)
        }
    };
    match (date, time) {
        (Some(date), Some(time)) => Some(Moment::At(date.to_datetime(time), offset)),
        (Some(date), None) => Some(Moment::Date(date)),
        (None, Some(time)) => Some(Moment::Time(time)),
        (None, None) => None,
    }
}
