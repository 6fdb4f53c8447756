//! Collects the declarations of routes: for the OpenAPI document, and for tests that check every route.

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
pub use schemas::{
    PartProblem, birth_date_schema, date_schema, id_schema, language_schema, optional_text_schema, phone_schema,
    text_schema, timestamp_schema,
};

use crate::{Routes, Verb};

/// Collects the routes of functions and builds the OpenAPI 3.1 document
/// (<https://spec.openapis.org/oas/v3.1.1>). Deployed functions do not use it: the document is written when Rounds is
/// built.
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
    /// The function that serves the route.
    pub function: &'static str,
    /// The HTTP method.
    pub verb: Verb,
    /// The path with its parameters in braces, as axum and the gateway write it.
    pub path: &'static str,
    /// Who may use the route.
    pub access: Access,
    /// The status of a success.
    pub status: u16,
    /// Whether the route uses the database, and so can answer 503.
    pub has_database: bool,
    /// Whether the route is a page or an asset of one. It ignores the query and the body.
    pub is_page: bool,
    /// Valid requests. The first is the usual one.
    pub samples: Vec<Sample>,
}

impl Route {
    /// Returns the method and the path, such as `GET /doctors/{doctor_id}`.
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
    /// Returns the routes in the order of their declaration.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// Returns the document. `info` becomes its member `info`, and `token_description` the description of its security
    /// scheme.
    pub fn document(mut self, info: &Value, token_description: &str) -> Value {
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
                    "description": "The `ETag` of one or several earlier responses. If one of them is still current, the answer is 304.",
                } },
                "headers": { "ETag": {
                    "description": "Identifies this response, for `If-None-Match`.", "schema": { "type": "string" },
                } },
                "responses": { "NotModified": {
                    "description": "The response that `If-None-Match` names is still current.",
                    "headers": { "ETag": { "$ref": "#/components/headers/ETag" } },
                } },
                "securitySchemes": {
                    "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": token_description },
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
