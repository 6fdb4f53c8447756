/// A page of a list: a number of rows after a position in the list's order.
///
/// A query reads `limit + 1` rows. The additional row shows that there is a next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page<Position> {
    /// The maximum number of rows on the page.
    pub limit: i64,
    /// The position of the last row of the previous page. `None` for the first page.
    pub after: Option<Position>,
}
