use axum::{
    Router,
    handler::Handler,
    routing::{MethodFilter, on},
};

use crate::api::{Declaration, Operation};

/// The HTTP method of a route. Every route also answers `HEAD` and `OPTIONS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

impl Verb {
    /// Returns the method's name, such as `GET`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    const fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Put => MethodFilter::PUT,
            Self::Patch => MethodFilter::PATCH,
            Self::Delete => MethodFilter::DELETE,
        }
    }
}

/// Receives the routes that a function declares. A [`Router`] serves them. An [`Api`](crate::Api) collects their
/// descriptions.
///
/// The router never calls a description. Each description has its own type, so the compiler leaves its code out of the
/// function's binary.
pub trait Routes<S> {
    /// Sets the name and the description of the function that the following routes belong to.
    fn function(&mut self, name: &'static str, about: &'static str);

    /// Declares a route: its path as axum and the gateway write it, its handler, and its description.
    fn route<H: Handler<T, S>, T: 'static>(
        &mut self,
        verb: Verb,
        path: &'static str,
        handler: H,
        description: impl FnOnce(Declaration<'_>) -> Operation<'_>,
    );

    /// Declares a `GET`.
    fn get<H: Handler<T, S>, T: 'static>(
        &mut self,
        path: &'static str,
        handler: H,
        description: impl FnOnce(Declaration<'_>) -> Operation<'_>,
    ) {
        self.route(Verb::Get, path, handler, description);
    }

    /// Declares a `POST`.
    fn post<H: Handler<T, S>, T: 'static>(
        &mut self,
        path: &'static str,
        handler: H,
        description: impl FnOnce(Declaration<'_>) -> Operation<'_>,
    ) {
        self.route(Verb::Post, path, handler, description);
    }

    /// Declares a `PUT`.
    fn put<H: Handler<T, S>, T: 'static>(
        &mut self,
        path: &'static str,
        handler: H,
        description: impl FnOnce(Declaration<'_>) -> Operation<'_>,
    ) {
        self.route(Verb::Put, path, handler, description);
    }

    /// Declares a `PATCH`.
    fn patch<H: Handler<T, S>, T: 'static>(
        &mut self,
        path: &'static str,
        handler: H,
        description: impl FnOnce(Declaration<'_>) -> Operation<'_>,
    ) {
        self.route(Verb::Patch, path, handler, description);
    }

    /// Declares a `DELETE`.
    fn delete<H: Handler<T, S>, T: 'static>(
        &mut self,
        path: &'static str,
        handler: H,
        description: impl FnOnce(Declaration<'_>) -> Operation<'_>,
    ) {
        self.route(Verb::Delete, path, handler, description);
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> for Router<S> {
    fn function(&mut self, _: &'static str, _: &'static str) {}

    fn route<H: Handler<T, S>, T: 'static>(
        &mut self,
        verb: Verb,
        path: &'static str,
        handler: H,
        _: impl FnOnce(Declaration<'_>) -> Operation<'_>,
    ) {
        *self = std::mem::take(self).route(path, on(verb.filter(), handler));
    }
}

/// Returns the router of a function's routes.
pub fn router<S: Clone + Send + Sync + 'static>(routes: impl FnOnce(&mut Router<S>), state: S) -> Router {
    let mut router = Router::new();
    routes(&mut router);
    router.with_state(state)
}
