//! From the schemas of `OpenAPI` 2.0 and 3.0 to JSON Schema 2020-12, in which the validator is at home.
//!
//! - `nullable` and `x-nullable` allow null.
//! - An enumeration that is open (`modelAsString`) allows every string.
//! - What is `readOnly` is not sent, and not required of a request.
//! - An object that names its properties has no others, since a misspelt name shows in no other way. Where a schema is
//!   composed (`allOf`), all of it counts.
//! - No document has a discriminator: the schemas say what their bodies may be without.

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Map, Value, json};

/// Which way a body goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Request,
    Response,
}

/// Keywords that mean in `OpenAPI` what they mean in JSON Schema.
const SAME: &[&str] = &[
    "type",
    "enum",
    "minimum",
    "maximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "format",
];

/// The named schemas of one document.
#[derive(Debug)]
pub(super) struct Schemas {
    /// As the document has them, by name.
    named: Map<String, Value>,
    requests: Registry<'static>,
    responses: Registry<'static>,
}

const BASE: &str = "contract:///schemas";

impl Schemas {
    pub(super) fn new(named: Map<String, Value>) -> Self {
        let registry = |way| {
            let all: Map<String, Value> = named
                .iter()
                .map(|(name, schema)| (name.clone(), Turning { named: &named, way }.open(schema)))
                .collect();
            let builder = Registry::new().draft(Draft::Draft202012).add(BASE, Value::Object(all)).expect("an address");
            builder.prepare().expect("schemas that refer to each other")
        };
        let (requests, responses) = (registry(Way::Request), registry(Way::Response));
        Self { named, requests, responses }
    }

    /// What holds a body to `schema`.
    pub(super) fn validator(&self, schema: &Value, way: Way) -> Validator {
        let turned = Turning { named: &self.named, way }.closed(schema);
        let registry = match way {
            Way::Request => &self.requests,
            Way::Response => &self.responses,
        };
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(registry)
            .should_validate_formats(true)
            .with_format("byte", is_base64)
            .build(&turned)
            .unwrap_or_else(|error| panic!("a schema that is none: {error}"))
    }
}

fn is_base64(text: &str) -> bool {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.decode(text).is_ok()
}

struct Turning<'a> {
    named: &'a Map<String, Value>,
    way: Way,
}

impl Turning<'_> {
    /// A schema that stands for a whole value: what it does not name is refused.
    fn closed(&self, schema: &Value) -> Value {
        let mut turned = self.bare(schema);
        if self.names_all(schema) {
            turned["unevaluatedProperties"] = json!(false);
        }
        nullable(schema, turned)
    }

    /// A schema that may be a part of another one.
    fn open(&self, schema: &Value) -> Value {
        nullable(schema, self.bare(schema))
    }

    fn bare(&self, schema: &Value) -> Value {
        if let Some(name) = referred(schema) {
            assert!(self.named.contains_key(name), "the document has no schema {name}");
            return json!({"$ref": format!("{BASE}#/{}", name.replace('~', "~0").replace('/', "~1"))});
        }
        let mut turned = Map::new();
        for (keyword, value) in schema.as_object().into_iter().flatten() {
            let value = match keyword.as_str() {
                "enum" if schema["x-ms-enum"]["modelAsString"] == json!(true) => continue,
                "format" => match value.as_str() {
                    Some("int32") => {
                        turned.insert("minimum".into(), json!(i32::MIN));
                        turned.insert("maximum".into(), json!(i32::MAX));
                        continue;
                    }
                    _ => value.clone(),
                },
                "properties" => self.properties(value),
                "required" => self.required(schema),
                "items" => self.closed(value),
                "additionalProperties" if value.is_object() => self.closed(value),
                "additionalProperties" => value.clone(),
                "allOf" => value.as_array().into_iter().flatten().map(|part| self.open(part)).collect(),
                "oneOf" | "anyOf" | "not" | "discriminator" => panic!("nobody has taught this check {keyword}"),
                same if SAME.contains(&same) => value.clone(),
                _ => continue,
            };
            turned.entry(keyword.clone()).or_insert(value);
        }
        if turned.contains_key("properties") {
            turned.entry("type").or_insert(json!("object"));
        }
        Value::Object(turned)
    }

    fn properties(&self, properties: &Value) -> Value {
        let turned = |(name, schema): (&String, &Value)| {
            let unsent = self.way == Way::Request && schema["readOnly"] == json!(true);
            (name.clone(), if unsent { json!(false) } else { self.closed(schema) })
        };
        Value::Object(properties.as_object().into_iter().flatten().map(turned).collect())
    }

    fn required(&self, schema: &Value) -> Value {
        let unsent = |name: &Value| {
            let name = name.as_str().unwrap_or_default();
            self.way == Way::Request && schema["properties"][name]["readOnly"] == json!(true)
        };
        schema["required"].as_array().into_iter().flatten().filter(|name| !unsent(name)).cloned().collect()
    }

    /// Whether an object of this schema can have no other properties than those that it names.
    fn names_all(&self, schema: &Value) -> bool {
        let names_some = |schema: &Value| schema["properties"].as_object().is_some_and(|names| !names.is_empty());
        let mut parts = self.parts(schema).into_iter().peekable();
        parts.peek().is_some()
            && parts.clone().any(names_some)
            && parts.all(|part| part.get("additionalProperties").is_none())
    }

    /// A schema and all that it is composed of.
    fn parts<'s>(&'s self, schema: &'s Value) -> Vec<&'s Value> {
        if let Some(name) = referred(schema) {
            return self.parts(&self.named[name]);
        }
        let composed = schema["allOf"].as_array().into_iter().flatten().flat_map(|part| self.parts(part));
        std::iter::once(schema).chain(composed).collect()
    }
}

/// The name that a schema refers to.
fn referred(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

fn nullable(schema: &Value, turned: Value) -> Value {
    let allowed = ["nullable", "x-nullable"].iter().any(|keyword| schema[*keyword] == json!(true));
    if allowed { json!({"if": {"type": "null"}, "else": turned}) } else { turned }
}
