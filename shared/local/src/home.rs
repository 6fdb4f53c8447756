use std::{
    fs,
    path::{Path, PathBuf},
};

/// The clone of Rounds that a folder is in: the nearest folder upwards that has this package's manifest.
/// At run time, since a clone that is copied or moved brings its built programs along.
pub fn find_clone(from: &Path) -> Option<PathBuf> {
    let name = concat!("name = \"", env!("CARGO_PKG_NAME"), "\"");
    let is_clone = |folder: &&Path| {
        let manifest = fs::read_to_string(folder.join("shared/local/Cargo.toml"));
        manifest.is_ok_and(|manifest| manifest.lines().any(|line| line.trim_end() == name))
    };
    from.ancestors().find(is_clone).map(Path::to_owned)
}
