//! The rows of a CSV file.

use std::{collections::HashMap, fs, io::Cursor, path::Path, sync::Arc};

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord, Trim};

/// A CSV file with a header row. The columns can be in any order. The delimiter is a comma, or a semicolon as
/// spreadsheets in many countries write it.
pub(super) struct Table {
    reader: Reader<Cursor<Arc<[u8]>>>,
    columns: Arc<Columns>,
    path: String,
    lines: Lines,
}

/// Counts the lines of the file. The line of csv's own position is that of the line break before a row.
struct Lines {
    content: Arc<[u8]>,
    /// How many bytes are counted.
    counted: usize,
    /// The line that the next byte is on.
    line: u64,
}

#[derive(Default)]
struct Columns {
    /// The position of each known column, by its name.
    positions: HashMap<String, usize>,
    unknown: Vec<String>,
    /// How many columns there are, with the unknown ones.
    count: usize,
}

/// A row of a [`Table`].
pub(super) struct Row {
    /// The line of the file that the row begins on.
    pub(super) line: u64,
    cells: StringRecord,
    columns: Arc<Columns>,
}

impl Lines {
    /// Returns the line of the row that begins at a byte, or after the line breaks there.
    fn of(&mut self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX).clamp(self.counted, self.content.len());
        let breaks = self.content[byte..].iter().take_while(|byte| b"\r\n".contains(byte)).count();
        let begin = byte + breaks;
        self.line += self.content[self.counted..begin].iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        self.counted = begin;
        self.line
    }
}

impl Table {
    /// Reads a file, of which the columns `known` are used.
    pub(super) fn open(path: &Path, known: &[&str]) -> Result<Self, String> {
        let path = path.display().to_string();
        let content = fs::read(&path).map_err(|error| format!("cannot read {path}: {error}"))?;
        Self::new(path, content.into(), known)
    }

    fn new(path: String, content: Arc<[u8]>, known: &[&str]) -> Result<Self, String> {
        let header = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let count = |delimiter: u8| header.iter().filter(|byte| **byte == delimiter).count();
        let delimiter = if count(b';') > count(b',') { b';' } else { b',' };
        let mut builder = ReaderBuilder::new();
        builder.delimiter(delimiter).flexible(true).trim(Trim::All);
        let mut reader = builder.from_reader(Cursor::new(content.clone()));
        let headers = reader.headers().map_err(|error| unreadable(&path, &error))?;
        let columns = Columns::read(headers, known).map_err(|error| format!("cannot use {path}: {error}"))?;
        let lines = Lines { content, counted: 0, line: 1 };
        Ok(Self { reader, columns: columns.into(), path, lines })
    }

    /// Returns a sentence about the columns that are ignored, if there are any.
    pub(super) fn ignored(&self) -> Option<String> {
        let unknown = &self.columns.unknown;
        (!unknown.is_empty()).then(|| format!("these columns are not known and are ignored: {}", unknown.join(", ")))
    }

    /// Returns whether the file has one of these columns.
    pub(super) fn has(&self, columns: &[&str]) -> bool {
        columns.iter().any(|column| self.columns.positions.contains_key(*column))
    }

    /// Reads all rows and returns them again, with their number.
    pub(super) fn counted(mut self) -> Result<(Self, usize), String> {
        let begin = self.reader.position().clone();
        let count = self.by_ref().try_fold(0, |count, row| row.map(|_| count + 1))?;
        self.reader.seek(begin).map_err(|error| unreadable(&self.path, &error))?;
        self.lines = Lines { counted: 0, line: 1, ..self.lines };
        Ok((self, count))
    }
}

fn unreadable(path: &str, error: &csv::Error) -> String {
    let hint = if matches!(error.kind(), ErrorKind::Utf8 { .. }) { " (save the file as CSV in UTF-8)" } else { "" };
    format!("cannot read {path}: {error}{hint}")
}

impl Iterator for Table {
    type Item = Result<Row, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut cells = StringRecord::new();
        match self.reader.read_record(&mut cells) {
            Ok(false) => None,
            Ok(true) => {
                let line = self.lines.of(cells.position().map_or(0, |position| position.byte()));
                Some(Ok(Row { line, cells, columns: self.columns.clone() }))
            }
            Err(error) => Some(Err(unreadable(&self.path, &error))),
        }
    }
}

impl Columns {
    /// Reads the header row. The names are compared in lower case, with `_` for spaces.
    fn read(headers: &StringRecord, known: &[&str]) -> Result<Self, String> {
        let mut columns = Self { count: headers.len(), ..Self::default() };
        for (position, header) in headers.iter().enumerate() {
            // Spreadsheets write a byte order mark.
            let name = header.trim_start_matches('\u{FEFF}').trim().to_lowercase().replace(' ', "_");
            if !known.contains(&name.as_str()) {
                columns.unknown.push(header.to_owned());
            } else if columns.positions.insert(name, position).is_some() {
                return Err(format!("it has two columns named {header}"));
            }
        }
        match columns.positions.is_empty() {
            true => Err(format!("its first line must name the columns, like {}", known.join(","))),
            false => Ok(columns),
        }
    }
}

impl Row {
    /// Returns a cell that is not empty.
    pub(super) fn get(&self, column: &str) -> Option<&str> {
        let cell = self.cells.get(*self.columns.positions.get(column)?)?;
        Some(cell).filter(|cell| !cell.is_empty())
    }

    /// Returns the first cell of these columns that is not empty.
    pub(super) fn first(&self, columns: &[&str]) -> Option<&str> {
        columns.iter().find_map(|column| self.get(column))
    }

    /// Returns the name of the person in the columns `first` and `last`, or in `whole`.
    pub(super) fn name(&self, whole: &[&str], [first, last]: [&str; 2]) -> Option<String> {
        let joined = || {
            let parts: Vec<_> = [self.get(first), self.get(last)].into_iter().flatten().collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        };
        self.first(whole).map(str::to_owned).or_else(joined)
    }

    /// Returns the name of the patient, for the report.
    pub(super) fn person(&self) -> String {
        let patient = self.name(&["name", "patient_name", "customer_name"], ["first_name", "last_name"]);
        patient.unwrap_or_default()
    }

    /// Checks that the row has as many cells as the header row.
    ///
    /// # Errors
    /// A sentence: a delimiter in a text without quotes moves all cells behind it into other columns.
    pub(super) fn has_all_cells(&self) -> Result<(), String> {
        match (self.cells.len(), self.columns.count) {
            (cells, columns) if cells == columns => Ok(()),
            (cells, columns) => Err(format!("has {cells} cells, and the header row has {columns}")),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn table(known: &[&str], content: &[u8]) -> Result<Table, String> {
        Table::new("a.csv".to_owned(), content.into(), known)
    }

    /// Returns the only row of a table.
    pub(in super::super) fn row(known: &[&str], content: &str) -> Row {
        let mut rows = table(known, content.as_bytes()).unwrap();
        let row = rows.next().unwrap().unwrap();
        assert!(rows.next().is_none());
        row
    }

    const KNOWN: &[&str] = &["name", "first_name", "last_name", "phone", "phone_number"];

    #[test]
    fn columns_are_in_any_order_and_unknown_ones_are_ignored() {
        for content in [
            "Shoe size, phone ,Last Name,FIRST_NAME\n\n42,,Lovelace,\" Ada\n\"\n43,+1,\"A \"\"B\"\"\",\n",
            "\u{FEFF}Shoe size;phone;last_name;first_name\r\n\r\n42;;Lovelace;\"Ada\r\n\"\r\n43;+1;\"A \"\"B\"\"\";",
        ] {
            let (mut rows, count) = table(KNOWN, content.as_bytes()).unwrap().counted().unwrap();
            assert_eq!(count, 2);
            assert_eq!(rows.ignored().unwrap(), "these columns are not known and are ignored: Shoe size");
            assert!(rows.has(&["id", "phone"]) && !rows.has(&["id", "name"]));
            let (one, two) = (rows.next().unwrap().unwrap(), rows.next().unwrap().unwrap());
            assert!(rows.next().is_none());
            assert_eq!((one.line, one.person().as_str(), one.get("phone")), (3, "Ada Lovelace", None));
            assert_eq!((two.line, two.person().as_str(), two.first(&["name", "phone"])), (5, "A \"B\"", Some("+1")));
            assert!(one.has_all_cells().is_ok());
        }
    }

    #[test]
    fn row_with_other_cells_is_named_and_the_next_one_is_read() {
        let rows: Vec<_> = table(KNOWN, b"name,phone\nLovelace, Ada,+1\nEve,\n").unwrap().map(Result::unwrap).collect();
        assert_eq!(rows[0].has_all_cells().unwrap_err(), "has 3 cells, and the header row has 2");
        assert_eq!((rows[1].has_all_cells(), rows[1].get("name")), (Ok(()), Some("Eve")));
    }

    #[test]
    fn file_that_is_no_table_is_refused() {
        let error = |content: &[u8]| match table(KNOWN, content).and_then(Table::counted) {
            Err(error) => error,
            Ok((_, count)) => panic!("{count} rows"),
        };
        for content in ["", "\n\n", "Ada Lovelace,+4930123456\n"] {
            let message = error(content.as_bytes());
            assert!(
                message.ends_with(
                    "its first line must name the columns, like name,first_name,last_name,phone,phone_number"
                ),
                "{message}"
            );
        }
        assert!(error(b"name,phone,Name\n").ends_with("it has two columns named Name"));
        let message = error(b"name\nAda\nZo\xEB\n");
        assert!(message.contains("line 3") && message.ends_with("(save the file as CSV in UTF-8)"), "{message}");
    }
}
