//! The settings of the servers that `GALAXY_SERVER_LIST` names: each has its own section.

use crate::config::definitions::{ConfigFile, Definition, Undefined, resolve};
use crate::error::Result;
use crate::value::{Key, Map, Value};

/// Keys and types of a server's section.
const KEYS: [(&str, &str); 10] = [
    ("url", "str"),
    ("username", "str"),
    ("password", "str"),
    ("token", "str"),
    ("auth_url", "str"),
    ("api_version", "int"),
    ("validate_certs", "bool"),
    ("client_id", "str"),
    ("client_secret", "str"),
    ("timeout", "int"),
];

/// The servers by name, each with its settings.
///
/// # Errors
/// A setting of all servers that is not of its type.
pub(super) fn servers(file: Option<&ConfigFile>) -> Result<Vec<(String, Map)>> {
    let names = setting("GALAXY_SERVER_LIST", file)?;
    let timeout = setting("GALAXY_SERVER_TIMEOUT", file)?;
    let names = names.as_list().unwrap_or_default().iter().filter_map(Value::as_str);
    Ok(names.filter(|name| !name.is_empty()).map(|name| (name.to_owned(), options(name, &timeout))).collect())
}

fn setting(name: &str, file: Option<&ConfigFile>) -> Result<Value> {
    let Some(definition) = Definition::find(name) else { return Ok(Value::Null) };
    match resolve(&definition, &format!("'{name}'"), file, &|_| None) {
        Ok(found) => Ok(found.value),
        Err(Undefined::Required) => Ok(Value::Null),
        Err(Undefined::Invalid(error)) => Err(error),
    }
}

fn options(server: &str, timeout: &Value) -> Map {
    let option = |(key, kind): (&str, &str)| {
        let variable = format!("ANSIBLE_GALAXY_SERVER_{}_{}", server.to_uppercase(), key.to_uppercase());
        let entry = [format!("galaxy_server.{server}"), key.to_owned()].map(Value::data);
        let mut map = Map::from_iter([
            (Key::from("type"), Value::data(kind)),
            (Key::from("required"), Value::Bool(key == "url")),
            (Key::from("env"), Value::list(vec![Value::data(variable)])),
            (Key::from("ini"), Value::list(vec![Value::list(entry.into())])),
        ]);
        match key {
            "timeout" => {
                map.insert(Key::from("default"), timeout.clone());
            }
            "api_version" => {
                map.insert(Key::from("choices"), Value::list(vec![Value::Int(2), Value::Int(3)]));
            }
            _ => {}
        }
        (Key::from(key), Value::map(map))
    };
    KEYS.into_iter().map(option).collect()
}
