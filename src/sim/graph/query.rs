//! `$filter`, `$select`, `$top` and pages, over objects as they are sent.

use serde_json::{Map, Value, json};

use super::{Answer, Context, Refusal, bad, json as answer, refused};

/// One condition; those of a filter are joined by `and`.
#[derive(Debug, PartialEq, Eq)]
enum Condition {
    Equals(String, String),
    StartsWith(String, String),
    /// `names/any(c:c eq 'x')`.
    Any(String, String),
}

/// Reads the forms of a filter that are in use; `None` for others.
fn conditions(filter: &str) -> Option<Vec<Condition>> {
    filter.split(" and ").map(|part| condition(part.trim())).collect()
}

fn condition(text: &str) -> Option<Condition> {
    if let Some(inside) = text.strip_prefix("startswith(").and_then(|rest| rest.strip_suffix(')')) {
        let (name, value) = inside.split_once(',')?;
        return Some(Condition::StartsWith(name.trim().into(), quoted(value)?));
    }
    if let Some((name, inside)) = text.split_once("/any(") {
        let (variable, inside) = inside.strip_suffix(')')?.split_once(':')?;
        let (left, value) = inside.split_once(" eq ")?;
        return (left.trim() == variable.trim()).then_some(Condition::Any(name.trim().into(), quoted(value)?));
    }
    let (name, value) = text.split_once(" eq ")?;
    let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric());
    plain.then_some(Condition::Equals(name.trim().into(), quoted(value)?))
}

/// A literal in quotes, with `''` for a quote; a bare one for ids and booleans.
fn quoted(text: &str) -> Option<String> {
    let text = text.trim();
    match text.strip_prefix('\'') {
        Some(rest) => Some(rest.strip_suffix('\'')?.replace("''", "'")),
        None => (!text.contains(char::is_whitespace)).then(|| text.to_owned()),
    }
}

impl Condition {
    fn holds(&self, object: &Value) -> bool {
        let same = |value: &Value, wanted: &str| match value {
            Value::String(text) => text.eq_ignore_ascii_case(wanted),
            Value::Bool(flag) => flag.to_string() == wanted,
            _ => false,
        };
        match self {
            Self::Equals(name, wanted) => same(&object[name.as_str()], wanted),
            Self::StartsWith(name, wanted) => object[name.as_str()]
                .as_str()
                .is_some_and(|text| text.to_lowercase().starts_with(&wanted.to_lowercase())),
            Self::Any(name, wanted) => {
                object[name.as_str()].as_array().is_some_and(|list| list.iter().any(|one| same(one, wanted)))
            }
        }
    }
}

/// Whether an object fits the request's `$filter`, as a test to be used many times.
pub(super) fn filter(context: &Context<'_>) -> Result<impl Fn(&Value) -> bool, Refusal> {
    let found = match context.call.query("$filter") {
        None => Vec::new(),
        Some(text) => conditions(text).ok_or_else(|| {
            refused(400, "Request_UnsupportedQuery", &format!("Unsupported or invalid query filter clause: {text}."))
        })?,
    };
    Ok(move |object: &Value| found.iter().all(|condition| condition.holds(object)))
}

/// One object, with `$select` and its context.
pub(super) fn one(context: &Context<'_>, status: u16, set: &str, object: Value) -> Answer {
    let mut whole = Map::new();
    whole.insert("@odata.context".into(), json!(context.odata(&format!("{set}/$entity"))));
    if let Value::Object(members) = selected(context, object)? {
        whole.extend(members);
    }
    Ok(answer(status, &Value::Object(whole)))
}

/// A page of a list, with what passes the filter.
pub(super) fn page(context: &Context<'_>, set: &str, objects: impl Iterator<Item = Value>) -> Answer {
    let call = context.call;
    let fits = filter(context)?;
    let size = match call.query("$top") {
        None => context.state.world.lock().page_size,
        Some(text) => text.parse::<usize>().ok().filter(|top| (1..=999).contains(top)).ok_or_else(|| {
            bad(&format!("Invalid page size specified: '{text}'. Must be between 1 and 999 inclusive."))
        })?,
    };
    let skipped = call.query("$skiptoken").and_then(|token| token.parse::<usize>().ok()).unwrap_or(0);
    let mut rest = objects.filter(fits).skip(skipped);
    let value = rest.by_ref().take(size).map(|object| selected(context, object));
    let value = value.collect::<Result<Vec<Value>, _>>()?;
    let mut body = json!({"@odata.context": context.odata(set)});
    if rest.next().is_some() {
        let pairs = call.query.iter().filter(|(name, _)| name != "$skiptoken");
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs.map(|(name, value)| (name.as_str(), value.as_str())))
            .append_pair("$skiptoken", &(skipped + size).to_string())
            .finish();
        body["@odata.nextLink"] = json!(format!("{}{}?{query}", context.state.hosts.graph, call.path));
    }
    body["value"] = Value::Array(value);
    Ok(answer(200, &body))
}

/// What `$select` leaves of an object. A name that the object does not have is the client's mistake.
fn selected(context: &Context<'_>, object: Value) -> Result<Value, Refusal> {
    let (Some(select), Value::Object(members)) = (context.call.query("$select"), &object) else { return Ok(object) };
    let names: Vec<&str> = select.split(',').map(str::trim).collect();
    if let Some(unknown) = names.iter().find(|name| !members.contains_key(**name)) {
        let message = format!("Parsing OData Select and Expand failed: Could not find a property named '{unknown}'.");
        return Err(refused(400, "BadRequest", &message));
    }
    let kept = members.iter().filter(|(name, _)| names.contains(&name.as_str()) || name.starts_with("@odata"));
    Ok(Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_in_use_are_understood() {
        let app = json!({"displayName": "Ana's app", "appId": "x", "servicePrincipalNames": ["x", "y"]});
        for (filter, holds) in [
            ("displayName eq 'ana''s app'", true),
            ("startswith(displayName,'ana')", true),
            ("servicePrincipalNames/any(c:c eq 'y')", true),
            ("appId eq 'x' and displayName eq 'other'", false),
        ] {
            let found = conditions(filter).unwrap();
            assert_eq!(found.iter().all(|condition| condition.holds(&app)), holds, "{filter}");
        }
        for filter in ["contains(displayName,'x')", "appId ne 'x'", "displayName eq 'open"] {
            assert_eq!(conditions(filter), None, "{filter}");
        }
    }
}
