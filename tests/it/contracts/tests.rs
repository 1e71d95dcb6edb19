//! The check itself, on a small document of each version.

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, header},
};
use crosspull::sim::{Exchange, service::Service};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{Contracts, document::Document};

fn documents() -> Contracts {
    let thing = json!({
        "type": "object",
        "required": ["name", "made"],
        "allOf": [{"$ref": "#/definitions/Base"}],
        "properties": {
            "name": {"type": "string"},
            "kind": {"type": "string", "enum": ["a"], "x-ms-enum": {"name": "Kind", "modelAsString": true}},
            "mode": {"type": "string", "enum": ["x", "y"]},
            "note": {"type": "string", "x-nullable": true},
            "made": {"type": "string", "format": "date-time", "readOnly": true},
            "count": {"type": "integer", "format": "int32"},
            "tags": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    });
    let version = json!({"name": "api-version", "in": "query", "required": true, "type": "string"});
    let responses = json!({"200": {"schema": {"$ref": "#/definitions/Thing"}}, "204": {}});
    let body = json!({"name": "thing", "in": "body", "required": true, "schema": {"$ref": "#/definitions/Thing"}});
    let swagger = json!({
        "swagger": "2.0",
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "parameters": {"Version": version},
        "definitions": {
            "Thing": thing,
            "Base": {"type": "object", "properties": {"id": {"type": "string"}}},
        },
        "paths": {
            "/{scope}/things/{name}": {"put": {
                "operationId": "Put", "parameters": [{"$ref": "#/parameters/Version"}, body], "responses": responses,
            }},
            "/groups/{group}/things/{name}": {"put": {
                "operationId": "PutInGroup", "parameters": [body], "responses": responses,
            }},
        },
    });
    let form = json!({
        "type": "object",
        "required": ["grant_type"],
        "properties": {"grant_type": {"type": "string", "enum": ["password"]}, "n": {"type": "integer"}},
    });
    let openapi = json!({
        "openapi": "3.0.3",
        "servers": [{"url": "https://one.example/v1.0"}],
        "components": {"schemas": {"Thing": {
            "type": "object",
            "properties": {"of": {"allOf": [{"$ref": "#/components/schemas/Other"}], "nullable": true}},
        }, "Other": {"type": "object", "properties": {"id": {"type": "string", "format": "uuid"}}}}},
        "paths": {
            "/things('{name}')": {"get": {
                "operationId": "get",
                "parameters": [{"name": "$top", "in": "query", "schema": {"type": "integer"}}],
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                    "4XX": {"content": {"application/json": {"schema": {"type": "object"}}}},
                },
            }},
            "/token": {"post": {
                "operationId": "token",
                "requestBody": {"required": true, "content": {"application/x-www-form-urlencoded": {"schema": form}}},
                "responses": {"default": {}},
            }},
        },
    });
    let read = |whole: &Value, service| Document::read(whole, service);
    Contracts { documents: vec![read(&swagger, Service::ResourceManager), read(&openapi, Service::Graph)] }
}

fn exchange(service: Service, method: &str, path: &str) -> Exchange {
    Exchange {
        at: OffsetDateTime::UNIX_EPOCH,
        operation: "test",
        service,
        method: method.to_owned(),
        url: format!("https://localhost:1{path}"),
        request_headers: HeaderMap::new(),
        request_body: Bytes::new(),
        status: 204,
        response_headers: HeaderMap::new(),
        response_body: Bytes::new(),
        dropped: false,
        faulted: false,
    }
}

fn put(path: &str, body: &Value) -> Exchange {
    let mut put = exchange(Service::ResourceManager, "PUT", path);
    put.request_headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    put.request_body = Bytes::from(body.to_string());
    put
}

fn answered(path: &str, status: u16, body: &Value) -> Exchange {
    let mut answered = exchange(Service::Graph, "GET", path);
    answered.status = status;
    answered.response_headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answered.response_body = Bytes::from(body.to_string());
    answered
}

/// The violations, as they are shown.
fn shown(exchange: Exchange) -> Vec<String> {
    let report = documents().hold(&[exchange]);
    assert_eq!(report.held, 1, "no document holds it");
    report.violations.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn refused(exchange: Exchange, part: &str, says: &str) {
    let shown = shown(exchange);
    let one = shown.iter().any(|line| line.contains(part) && line.contains(says));
    assert!(one, "{part}, {says}: not in {shown:#?}");
}

const PLACE: &str = "/groups/g/things/t";

#[test]
fn what_the_documents_allow_passes() {
    let body =
        json!({"id": "i", "name": "n", "kind": "new", "mode": "y", "note": null, "count": 3, "tags": {"a": "b"}});
    assert_eq!(shown(put(PLACE, &body)), [""; 0]);
    assert_eq!(shown(put("/a/b/c/things/t?api-version=1", &body)), [""; 0], "a scope has slashes");
    assert_eq!(shown(answered("/v1.0/things('a%2Fb')?$top=3", 200, &json!({"of": null}))), [""; 0]);
    assert_eq!(shown(answered("/v1.0/things('a')", 404, &json!({"any": "thing"}))), [""; 0]);
}

#[test]
fn what_they_do_not_is_named_and_never_shown() {
    refused(put(PLACE, &json!({"name": 7})), "request body, at \"/name\"", "not of type");
    refused(put(PLACE, &json!({"nam": "hush"})), "PutInGroup, request body", "'nam' was unexpected");
    refused(put(PLACE, &json!({"name": "n", "mode": "hush"})), "at \"/mode\"", "value is not one of");
    refused(put(PLACE, &json!({"name": "n", "made": "2026-01-01T00:00:00Z"})), "at \"/made\"", "False schema");
    refused(put(PLACE, &json!({"name": "n", "count": 1_u64 << 40})), "at \"/count\"", "greater than");
    refused(put("/a/things/t", &json!({"name": "n"})), "Put, request query", "\"api-version\" is a required");
    refused(put("/a/things/t?api-version=1&x=hush", &json!({"name": "n"})), "request query", "'x' was unexpected");
    refused(exchange(Service::ResourceManager, "PUT", PLACE), "request body", "there is none");
    refused(answered("/v1.0/things('a')?$top=hush", 200, &json!({})), "request query, at \"/$top\"", "not of type");
    refused(answered("/v1.0/things('a')", 200, &json!({"of": {"id": "hush"}})), "at \"/of/id\"", "not a \"uuid\"");
    refused(answered("/v1.0/things('a')", 204, &json!({})), "response 204", "no such status");
    let all = shown(put(PLACE, &json!({"nam": "hush", "mode": "hush", "note": 7, "tags": {"a": ["hush"]}})));
    assert_eq!((all.len(), all.concat().contains("hush")), (5, false), "{all:#?}");
}

#[test]
fn forms_are_held_too() {
    let mut form = exchange(Service::Graph, "POST", "/v1.0/token");
    form.request_headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    form.request_body = Bytes::from_static(b"grant_type=password&n=7");
    assert_eq!(shown(form.clone()), [""; 0]);
    form.request_body = Bytes::from_static(b"grant_type=hush&n=hush");
    refused(form.clone(), "at \"/grant_type\"", "value is not one of");
    refused(form, "at \"/n\"", "not of type");
}

#[test]
fn what_no_document_holds_is_counted() {
    let report = documents().hold(&[exchange(Service::Login, "GET", "/a"), exchange(Service::Graph, "DELETE", "/b")]);
    assert_eq!((report.held, report.outside.get("test")), (0, Some(&2)));
}

#[test]
fn what_a_fault_rule_answers_is_not_held() {
    let mut html = answered("/v1.0/things('a')", 200, &json!("<html>"));
    html.faulted = true;
    assert_eq!(shown(html), [""; 0]);
}
