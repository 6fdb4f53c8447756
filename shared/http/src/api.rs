//! What routes say about themselves, collected: the OpenAPI document, and what tests ask of each route.

mod access;
mod operation;
mod sample;
mod schemas;

use axum::handler::Handler;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

pub use access::{Access, Actor};
pub use operation::{Declaration, Operation};
pub use sample::Sample;
pub use schemas::{date_schema, id_schema, optional_text_schema, text_schema, timestamp_schema};

use crate::{Routes, Verb};

/// Collects the routes of functions, and writes the OpenAPI 3.1 document
/// (<https://spec.openapis.org/oas/v3.1.1>). No deployed function does this: the document is written when
/// Rounds is built.
pub struct Api {
    schemas: SchemaGenerator,
    paths: Map<String, Value>,
    tags: Vec<Value>,
    function: &'static str,
    routes: Vec<Route>,
}

/// A declared route, without its handler.
#[derive(Clone, Debug)]
pub struct Route {
    /// The function that serves it.
    pub function: &'static str,
    /// Its method.
    pub verb: Verb,
    /// Its path, as axum and the gateway write it.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    /// The status of a success.
    pub status: u16,
    /// Whether it reads or writes the database, or says 503 where it cannot.
    pub has_database: bool,
    /// Whether it is a page or a part of one, which ignores the query and the body.
    pub is_page: bool,
    /// Good requests; the first is the usual one.
    pub samples: Vec<Sample>,
}

impl Route {
    /// `GET /doctors/{doctor_id}`
    pub fn name(&self) -> String {
        format!("{} {}", self.verb.as_str(), self.path)
    }
}

impl Default for Api {
    fn default() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        let schemas = settings.for_serialize().into_generator();
        Self { schemas, paths: Map::new(), tags: Vec::new(), function: "", routes: Vec::new() }
    }
}

impl<S> Routes<S> for Api {
    fn function(&mut self, name: &'static str, about: &'static str) {
        self.function = name;
        self.tags.push(json!({ "name": name, "description": about }));
    }

    fn route<H: Handler<T, S>, T: 'static>(
        &mut self,
        verb: Verb,
        path: &'static str,
        _: H,
        description: impl FnOnce(Declaration<'_>) -> Operation<'_>,
    ) {
        description(Declaration::new(self, verb, path)).done();
    }
}

impl Api {
    /// The routes, in the order in which they were declared.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The document: `info` and the description of the security scheme are the caller's.
    pub fn document(mut self, info: &Value, token: &str) -> Value {
        let mut schemas = self.schemas.take_definitions(true);
        schemas.insert("Problem".into(), schemas::problem());
        json!({
            "openapi": "3.1.1",
            "info": info,
            "servers": [{ "url": "/" }],
            "tags": self.tags,
            "paths": self.paths,
            "components": {
                "schemas": schemas,
                "parameters": { "IfNoneMatch": {
                    "name": "If-None-Match", "in": "header", "schema": { "type": "string" },
                    "description": "The `ETag` of an earlier answer, or several: if one is still right, the answer is 304.",
                } },
                "headers": { "ETag": {
                    "description": "Names this answer, for `If-None-Match`.", "schema": { "type": "string" },
                } },
                "responses": { "NotModified": {
                    "description": "The client has the answer that `If-None-Match` names, and it is still right.",
                    "headers": { "ETag": { "$ref": "#/components/headers/ETag" } },
                } },
                "securitySchemes": {
                    "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": token },
                },
            },
        })
    }

    fn add(&mut self, route: Route, operation: Map<String, Value>) {
        let path = self.paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.verb.as_str().to_lowercase()] = Value::Object(operation);
        self.routes.push(route);
    }
}
