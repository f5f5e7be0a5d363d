//! community.general's `json_query`.

use super::Filter;
use crate::template::bind::Bound;
use crate::template::env::Env;
use crate::template::fail::{Fail, R};
use crate::template::val::Val;
use crate::value::Value;
use jmespath::Variable;

pub(super) const TABLE: &[Filter] =
    &[Filter::new("json_query", &["expr"], json_query).of("community.general")];

fn json_query(env: &Env, v: Val, b: Bound) -> R {
    let expression = b.need_text("expr")?;
    let compiled = jmespath::compile(&expression)
        .map_err(|e| Fail::new(format!("JMESPathError in json_query filter plugin:\n{e}")))?;
    let data = Variable::from_json(&serde_json::Value::from(&v.finish()?).to_string()).map_err(Fail::new)?;
    let found = compiled
        .search(data)
        .map_err(|e| Fail::new(format!("JMESPathError in json_query filter plugin:\n{e}")))?;
    let found: serde_json::Value =
        serde_json::from_str(&found.to_string()).map_err(|e| Fail::new(format!("json_query: {e}")))?;
    Ok(env.lift(&Value::from(found)))
}
