//! The body of a request, in the form that is asked for.

use crate::args::Args;
use crate::http::{Request, multipart, set, url};
use crate::module::Failed;
use crate::python;
use crate::value::Value;

/// Writes the body, and says in a header what it is unless one says so already.
pub(super) fn add(args: &Args, request: &mut Request) -> Result<(), Failed> {
    let body = args.get("body");
    let (content_type, bytes) = match args.text("body_format") {
        "json" => {
            let text = body.as_str().map_or_else(|| python::json(body), str::to_owned);
            (Some("application/json".to_owned()), Some(text.into_bytes()))
        }
        "form-urlencoded" => {
            let form = form(body).map_err(|why| {
                Failed::new(format!("failed to parse body as form_urlencoded: {why}")).with("elapsed", 0)
            })?;
            (Some("application/x-www-form-urlencoded".to_owned()), form.map(String::into_bytes))
        }
        "form-multipart" => {
            let (kind, bytes) = multipart::body(body)
                .map_err(|why| Failed::new(format!("failed to parse body as form-multipart: {why}")))?;
            set(&mut request.headers, "Content-Type", kind);
            (None, Some(bytes))
        }
        _ => (
            None,
            match body {
                Value::Null => None,
                other => Some(python::str(other).into_bytes()),
            },
        ),
    };
    if let Some(kind) = content_type
        && !request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
    {
        set(&mut request.headers, "Content-Type", kind);
    }
    request.body = bytes.filter(|_| !args.has("src"));
    Ok(())
}

/// `key=value&key=value`, of a map or a list of pairs; a text is taken as it is.
fn form(body: &Value) -> Result<Option<String>, String> {
    let pairs: Vec<(String, &Value)> = match body {
        Value::Null => return Ok(None),
        Value::Map(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::List(items) => items
            .iter()
            .map(|item| match item.as_list() {
                Some([key, value]) => Ok((python::str(key), value)),
                Some(other) if other.len() < 2 => {
                    Err(format!("not enough values to unpack (expected 2, got {})", other.len()))
                }
                Some(_) => Err("too many values to unpack (expected 2)".to_owned()),
                None => Err("cannot form-urlencode body, expect list or dict".to_owned()),
            })
            .collect::<Result<_, _>>()?,
        other => return Ok(Some(python::str(other))),
    };
    let mut written = Vec::new();
    for (key, value) in pairs {
        let values = match value {
            Value::List(items) => items.iter().collect(),
            one => vec![one],
        };
        for value in values.into_iter().filter(|v| !v.is_null()) {
            written.push(format!("{}={}", url::quote_plus(&key), url::quote_plus(&python::str(value))));
        }
    }
    Ok(Some(written.join("&")))
}
