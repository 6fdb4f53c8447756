//! Writes every kind of message in every language into a folder, to look at and to test.

mod all;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).ok_or_else(|| std::io::Error::other("usage: samples FOLDER"))?;
    all::write(folder.as_ref())
}
