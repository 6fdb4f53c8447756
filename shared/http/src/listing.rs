use axum::{
    Json,
    http::{HeaderValue, header::LINK},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rounds_request::Page;
use serde::{Serialize, de::DeserializeOwned};

use crate::Problem;

/// A list that is read page by page: what was asked for, and the answer to it.
#[derive(Debug)]
pub struct Listing<Place> {
    pub(crate) name: &'static str,
    pub(crate) path: String,
    pub(crate) parameters: Vec<(String, String)>,
    /// What to read.
    pub page: Page<Place>,
}

impl<Place> Listing<Place> {
    /// How many of the rows that were read are on the page.
    pub fn shown<Row>(&self, rows: &[Row]) -> usize {
        rows.len().min(usize::try_from(self.page.limit).unwrap_or_default())
    }
}

impl<Place: Serialize> Listing<Place> {
    /// Answers the rows that were read for the page, with a `Link` to the next page (RFC 8288)
    /// where one more row than asked for tells that there is one. `place` is a row's place in
    /// the list, `body` the row as clients read it.
    ///
    /// # Errors
    /// 500, where a place could not be written.
    pub fn answer<Row, Body: Serialize>(
        &self,
        mut rows: Vec<Row>,
        place: impl Fn(&Row) -> Place,
        body: impl Fn(Row) -> Body,
    ) -> Result<Response, Problem> {
        let shown = self.shown(&rows);
        let more = rows.len() > shown;
        rows.truncate(shown);
        let next = if more { rows.last().map(|row| self.link(&place(row))).transpose()? } else { None };
        let mut response = Json(rows.into_iter().map(body).collect::<Vec<_>>()).into_response();
        if let Some(link) = next {
            response.headers_mut().insert(LINK, link);
        }
        Ok(response)
    }

    fn link(&self, place: &Place) -> Result<HeaderValue, Problem> {
        let internal = |error: &dyn std::error::Error| Problem::internal(format!("a link to a next page: {error}"));
        // The list's name keeps one list's cursor from being taken for another's.
        let cursor = serde_json::to_vec(&(self.name, place)).map_err(|error| internal(&error))?;
        let cursor = ("after".to_owned(), BASE64_URL_SAFE_NO_PAD.encode(cursor));
        let others = self.parameters.iter().filter(|(name, _)| name != "after");
        let parameters: Vec<_> = others.chain([&cursor]).collect();
        let query = serde_urlencoded::to_string(parameters).map_err(|error| internal(&error))?;
        HeaderValue::try_from(format!("<{}?{query}>; rel=\"next\"", self.path)).map_err(|error| internal(&error))
    }
}

impl<Place: DeserializeOwned> Listing<Place> {
    /// The place that a cursor of the list called `name` stands for.
    pub(crate) fn place(name: &str, cursor: &str) -> Option<Place> {
        let json = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (list, place): (String, Place) = serde_json::from_slice(&json).ok()?;
        (list == name).then_some(place)
    }
}
