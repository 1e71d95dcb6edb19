//! One exchange against the operation that it is.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};
use crosspull::sim::Exchange;
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    Violation,
    document::{Content, Document, Operation, Parameters},
};

/// The violations; `None` where no document holds the operation.
pub(super) fn hold(documents: &[Document], exchange: &Exchange) -> Option<Vec<Violation>> {
    let url = Url::parse(&exchange.url).expect("an address");
    let (operation, values) = find(documents, exchange, url.path())?;
    let mut holding = Holding { operation, violations: Vec::new() };
    holding.parameters("request path", &operation.path, values.iter().map(|(name, value)| (*name, value.as_str())));
    let query: Vec<_> = url.query_pairs().collect();
    let query = query.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
    holding.parameters("request query", &operation.query, query);
    holding.request(exchange);
    // What a fault rule answers is no answer of Azure's; of a dropped one nothing arrived.
    if !exchange.dropped && !exchange.faulted {
        holding.response(exchange);
    }
    Some(holding.violations)
}

type Found<'d> = (&'d Operation, Vec<(&'d str, String)>);

/// The operation with the most telling path.
fn find<'d>(documents: &'d [Document], exchange: &Exchange, path: &str) -> Option<Found<'d>> {
    let of_service = documents.iter().filter(|document| document.service == exchange.service);
    let fitting = of_service.flat_map(|document| {
        let path = path.strip_prefix(document.prefix.as_str());
        let operations = document.operations.iter().filter(|operation| operation.method == exchange.method);
        operations.filter_map(move |operation| Some((operation, operation.template.values(path?)?)))
    });
    fitting.max_by_key(|(operation, _)| operation.template.weight())
}

struct Holding<'d> {
    operation: &'d Operation,
    violations: Vec<Violation>,
}

impl Holding<'_> {
    fn parameters<'v>(&mut self, part: &str, held: &Parameters, values: impl Iterator<Item = (&'v str, &'v str)>) {
        let values = typed(values, &held.types);
        self.validate(part, &held.validator, &values);
    }

    fn request(&mut self, exchange: &Exchange) {
        let body = &exchange.request_body;
        match &self.operation.body {
            None if body.is_empty() => {}
            None => self.add("request body", "", "", "there is none in the document"),
            Some(held) if body.is_empty() && !held.required => {}
            Some(_) if body.is_empty() => self.add("request body", "", "required", "there is none"),
            Some(held) => self.body("request body", &held.content, &exchange.request_headers, body),
        }
    }

    fn response(&mut self, exchange: &Exchange) {
        let status = exchange.status.to_string();
        let part = format!("response {status}");
        let responses = &self.operation.responses;
        let range = format!("{}XX", &status[..1]);
        let Some(held) = [&status, &range, "default"].iter().find_map(|one| responses.get(*one)) else {
            return self.add(&part, "", "", "the document has no such status");
        };
        let body = &exchange.response_body;
        if exchange.method == "HEAD" {
            return;
        }
        match held {
            None if body.is_empty() => {}
            None => self.add(&part, "", "", "there is a body, and none in the document"),
            Some(held) => self.body(&part, held, &exchange.response_headers, body),
        }
    }

    fn body(&mut self, part: &str, held: &Content, headers: &HeaderMap, body: &[u8]) {
        let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media = given.split(';').next().unwrap_or_default().trim().to_lowercase();
        if !held.media.iter().any(|one| one.eq_ignore_ascii_case(&media)) {
            self.add(part, "content-type", "", &format!("{media:?} is none of {:?}", held.media));
        }
        if held.binary {
            return;
        }
        if media == "application/x-www-form-urlencoded" {
            let fields: Vec<_> = url::form_urlencoded::parse(body).collect();
            let fields = typed(fields.iter().map(|(name, value)| (name.as_ref(), value.as_ref())), &held.types);
            return self.validate(part, &held.validator, &fields);
        }
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => self.validate(part, &held.validator, &value),
            Err(_) => self.add(part, "", "", "it is not JSON"),
        }
    }

    fn validate(&mut self, part: &str, validator: &Validator, value: &Value) {
        // Far quicker than to look for errors, and nearly always enough.
        if validator.is_valid(value) {
            return;
        }
        for error in validator.iter_errors(value) {
            let (place, rule) = (error.instance_path().as_str(), error.evaluation_path().as_str());
            self.add(part, place, rule, &error.masked().to_string());
        }
    }

    fn add(&mut self, part: &str, place: &str, rule: &str, reason: &str) {
        self.violations.push(Violation {
            operation: self.operation.name.clone(),
            part: part.to_owned(),
            place: place.to_owned(),
            rule: rule.to_owned(),
            reason: reason.to_owned(),
        });
    }
}

/// Texts as the object that they stand for: numbers and flags where the document has them. A name that stands twice keeps
/// its last value.
fn typed<'v>(pairs: impl Iterator<Item = (&'v str, &'v str)>, types: &BTreeMap<String, String>) -> Value {
    let pair = |(name, text): (&str, &str)| {
        let value = match types.get(name).map(String::as_str) {
            Some("integer") => text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number)),
            Some("boolean") => text.parse::<bool>().map_or_else(|_| json!(text), |flag| json!(flag)),
            _ => json!(text),
        };
        (name.to_owned(), value)
    };
    Value::Object(pairs.map(pair).collect::<Map<_, _>>())
}
