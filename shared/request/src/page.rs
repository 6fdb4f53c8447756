/// A stretch of a list: so many rows, after a place in the list's order. Whoever reads the rows
/// reads one more, which tells whether the list goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page<Place> {
    /// How many rows to answer.
    pub limit: i64,
    /// The place of the last row of the page before; `None` for the first page.
    pub after: Option<Place>,
}
