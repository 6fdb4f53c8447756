use axum::{
    Json,
    http::{
        HeaderValue,
        header::{LINK, VARY},
    },
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rounds_request::Page;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Problem,
    csv::{Column, csv},
};

/// A requested page of a list. [`response`](Self::response) writes the page.
///
/// `Position` is the position of a row in the list's order, such as its id or its start and id. A cursor is the encoded
/// position of a page's last row.
#[derive(Debug)]
pub struct Listing<Position> {
    pub(crate) name: &'static str,
    pub(crate) path: String,
    pub(crate) parameters: Vec<(String, String)>,
    /// Whether the client prefers CSV to JSON.
    pub(crate) prefers_csv: bool,
    /// The page to read.
    pub page: Page<Position>,
}

impl<Position> Listing<Position> {
    /// Returns how many of the rows are on the page. A query reads one row more, to find out if there is a next page.
    pub fn page_len<Row>(&self, rows: &[Row]) -> usize {
        rows.len().min(usize::try_from(self.page.limit).unwrap_or_default())
    }
}

impl<Position: Serialize> Listing<Position> {
    /// Returns the response with the rows of the page, as JSON. If `rows` has one row more than the page, the response
    /// has a `Link` to the next page (RFC 8288). `position` returns a row's position, and `body` its JSON form.
    ///
    /// # Errors
    /// 500 if a position cannot be serialized.
    pub fn response<Row, Body: Serialize>(
        &self,
        rows: Vec<Row>,
        position: impl Fn(&Row) -> Position,
        body: impl Fn(Row) -> Body,
    ) -> Result<Response, Problem> {
        self.written(rows, position, |rows| Ok(Json(rows.map(body).collect::<Vec<_>>()).into_response()))
    }

    /// Like [`response`](Self::response), as CSV with these columns if the client prefers it. Declare it with
    /// [`or_csv`](crate::Operation::or_csv).
    ///
    /// # Errors
    /// 500 if a position or a body cannot be serialized.
    pub fn response_or_csv<Row, Body: Serialize>(
        &self,
        rows: Vec<Row>,
        position: impl Fn(&Row) -> Position,
        body: impl Fn(Row) -> Body,
        columns: &[Column],
    ) -> Result<Response, Problem> {
        let mut response = match self.prefers_csv {
            true => self.written(rows, position, |rows| csv(columns, rows.map(body))),
            false => self.response(rows, position, body),
        }?;
        response.headers_mut().append(VARY, HeaderValue::from_static("Accept"));
        Ok(response)
    }

    fn written<Row>(
        &self,
        mut rows: Vec<Row>,
        position: impl Fn(&Row) -> Position,
        write: impl FnOnce(std::vec::IntoIter<Row>) -> Result<Response, Problem>,
    ) -> Result<Response, Problem> {
        let page_len = self.page_len(&rows);
        let has_next = rows.len() > page_len;
        rows.truncate(page_len);
        let next = if has_next { rows.last().map(|row| self.link(&position(row))).transpose()? } else { None };
        let mut response = write(rows.into_iter())?;
        if let Some(link) = next {
            response.headers_mut().insert(LINK, link);
        }
        Ok(response)
    }

    fn link(&self, position: &Position) -> Result<HeaderValue, Problem> {
        let internal =
            |error: &dyn std::error::Error| Problem::internal(format!("the Link to the next page failed: {error}"));
        // The name prevents the use of a cursor with another list.
        let cursor = serde_json::to_vec(&(self.name, position)).map_err(|error| internal(&error))?;
        let cursor = ("after".to_owned(), BASE64_URL_SAFE_NO_PAD.encode(cursor));
        let others = self.parameters.iter().filter(|(name, _)| name != "after");
        let parameters: Vec<_> = others.chain([&cursor]).collect();
        let query = serde_urlencoded::to_string(parameters).map_err(|error| internal(&error))?;
        HeaderValue::try_from(format!("<{}?{query}>; rel=\"next\"", self.path)).map_err(|error| internal(&error))
    }
}

impl<Position: DeserializeOwned> Listing<Position> {
    /// Decodes a cursor of the list called `name`.
    pub(crate) fn decode_cursor(name: &str, cursor: &str) -> Option<Position> {
        let json = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (list, position): (String, Position) = serde_json::from_slice(&json).ok()?;
        (list == name).then_some(position)
    }
}
