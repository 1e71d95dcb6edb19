//! One `OpenAPI` document, 2.0 or 3.0, as operations whose parameters and bodies are held in the same way.

use std::{collections::BTreeMap, fs, path::Path};

use crosspull::sim::service::Service;
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::{
    schema::{Schemas, Way},
    template::Template,
};

/// A document, and the services whose exchanges it describes.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) file: &'static str,
    pub(super) service: Service,
}

pub(super) const SOURCES: &[Source] = &[
    Source { file: "aks/aks.json", service: Service::ResourceManager },
    Source { file: "acr/acr.json", service: Service::ResourceManager },
    Source { file: "authorization/authorization.json", service: Service::ResourceManager },
    Source { file: "resources/resources.json", service: Service::ResourceManager },
    Source { file: "graph/graph.json", service: Service::Graph },
    Source { file: "entra/entra.json", service: Service::Login },
    Source { file: "acr/acr-dataplane.json", service: Service::Registry },
];

/// A document.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) service: Service,
    /// What stands before the paths.
    pub(super) prefix: String,
    pub(super) operations: Vec<Operation>,
}

/// An operation.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) name: String,
    pub(super) method: String,
    pub(super) template: Template,
    pub(super) path: Parameters,
    pub(super) query: Parameters,
    pub(super) body: Option<Body>,
    /// By status, by a form like `4XX`, or `default`.
    pub(super) responses: BTreeMap<String, Option<Content>>,
}

/// Parameters of one place, held as the properties of an object.
#[derive(Debug)]
pub(super) struct Parameters {
    pub(super) types: BTreeMap<String, String>,
    pub(super) validator: Validator,
}

/// What a request carries.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) required: bool,
    pub(super) content: Content,
}

/// A body.
#[derive(Debug)]
pub(super) struct Content {
    /// Media types that it may have.
    pub(super) media: Vec<String>,
    /// The types of a form's fields, whose values are all text on the wire.
    pub(super) types: BTreeMap<String, String>,
    pub(super) binary: bool,
    pub(super) validator: Validator,
}

impl Document {
    pub(super) fn load(folder: &Path, source: &Source) -> Self {
        let file = folder.join(source.file);
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let whole: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Self::read(&whole, source.service)
    }

    pub(super) fn read(whole: &Value, service: Service) -> Self {
        let named = [&whole["definitions"], &whole["components"]["schemas"]];
        let named = named.into_iter().find_map(Value::as_object).cloned().unwrap_or_default();
        let reader = Reader { whole, schemas: Schemas::new(named) };
        let prefix = whole["servers"][0]["url"].as_str().map_or_else(
            || whole["basePath"].as_str().unwrap_or_default().to_owned(),
            |url| url.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap_or_default(),
        );
        let mut operations = Vec::new();
        for (path, item) in whole["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                assert_ne!(method, "parameters", "nobody has taught this check parameters of a path");
                operations.push(reader.operation(path, method, operation));
            }
        }
        Self { service, prefix, operations }
    }
}

struct Reader<'a> {
    whole: &'a Value,
    schemas: Schemas,
}

impl Reader<'_> {
    fn operation(&self, path: &str, method: &str, operation: &Value) -> Operation {
        let parameters: Vec<&Value> =
            operation["parameters"].as_array().into_iter().flatten().map(|one| self.resolved(one)).collect();
        // `x-ms-skip-url-encoding` is how a scope says that it has slashes; repositories have them too.
        let slashes = |name: &str| {
            let has = |one: &&Value| one["name"] == json!(name) && one["x-ms-skip-url-encoding"] == json!(true);
            name == "scope" || path.starts_with("/v2/") && name == "name" || parameters.iter().any(has)
        };
        let responses = operation["responses"].as_object().into_iter().flatten();
        Operation {
            name: operation["operationId"].as_str().expect("an operationId").to_owned(),
            method: method.to_uppercase(),
            template: Template::new(path, slashes),
            path: self.parameters(&parameters, "path"),
            query: self.parameters(&parameters, "query"),
            body: self.body(operation, &parameters),
            responses: responses.map(|(status, one)| (status.clone(), self.response(operation, one))).collect(),
        }
    }

    fn resolved<'v>(&'v self, value: &'v Value) -> &'v Value {
        match value["$ref"].as_str() {
            Some(place) => self.whole.pointer(place.trim_start_matches('#')).expect("what a $ref names"),
            None => value,
        }
    }

    fn parameters(&self, parameters: &[&Value], place: &str) -> Parameters {
        let schema = object(parameters.iter().filter(|one| one["in"] == json!(place)));
        Parameters { types: types(&schema), validator: self.schemas.validator(&schema, Way::Request) }
    }

    fn body(&self, operation: &Value, parameters: &[&Value]) -> Option<Body> {
        if operation["requestBody"].is_object() {
            let body = &operation["requestBody"];
            let content = self.content(&body["content"], Way::Request)?;
            return Some(Body { required: body["required"] == json!(true), content });
        }
        if let Some(body) = parameters.iter().find(|one| one["in"] == json!("body")) {
            let media = self.media(operation, "consumes");
            let content = self.content_of(media, &body["schema"], Way::Request);
            return Some(Body { required: body["required"] == json!(true), content });
        }
        let form = object(parameters.iter().filter(|one| one["in"] == json!("formData")));
        let fields = form["properties"].as_object().is_some_and(|fields| !fields.is_empty());
        fields.then(|| Body {
            required: true,
            content: self.content_of(self.media(operation, "consumes"), &form, Way::Request),
        })
    }

    fn response(&self, operation: &Value, response: &Value) -> Option<Content> {
        if response["content"].is_object() {
            return self.content(&response["content"], Way::Response);
        }
        let schema = response.get("schema")?;
        Some(self.content_of(self.media(operation, "produces"), schema, Way::Response))
    }

    /// A content of 3.0. No document gives one body several schemas.
    fn content(&self, content: &Value, way: Way) -> Option<Content> {
        let content = content.as_object()?;
        let schema = &content.values().next()?["schema"];
        assert!(content.values().all(|one| one["schema"] == *schema), "several schemas for one body");
        Some(self.content_of(content.keys().cloned().collect(), schema, way))
    }

    fn content_of(&self, media: Vec<String>, schema: &Value, way: Way) -> Content {
        Content {
            media,
            types: types(schema),
            binary: schema["type"] == json!("string"),
            validator: self.schemas.validator(schema, way),
        }
    }

    fn media(&self, operation: &Value, which: &str) -> Vec<String> {
        let own = operation[which].as_array().or_else(|| self.whole[which].as_array());
        own.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

/// Parameters as one object. In 2.0 a parameter is its own schema, in 3.0 it has one.
fn object<'v>(parameters: impl Iterator<Item = &'v &'v Value>) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for parameter in parameters {
        let name = parameter["name"].as_str().expect("a parameter's name");
        let mut schema = parameter.get("schema").unwrap_or(parameter).clone();
        // Of a parameter this is a flag, of a schema a list of names.
        schema.as_object_mut().expect("a schema").remove("required");
        properties.insert(name.to_owned(), schema);
        if parameter["required"] == json!(true) {
            required.push(json!(name));
        }
    }
    json!({"type": "object", "properties": properties, "required": required})
}

fn types(schema: &Value) -> BTreeMap<String, String> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties.filter_map(|(name, one)| Some((name.clone(), one["type"].as_str()?.to_owned()))).collect()
}
