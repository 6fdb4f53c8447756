use std::{
    fs,
    path::{Path, PathBuf},
};

/// Finds the clone of Rounds that contains a folder: the nearest parent folder (or the folder itself) that has this
/// package's manifest. The path is not compiled in, because a clone may be copied or moved together with its built
/// programs.
pub fn find_clone(from: &Path) -> Option<PathBuf> {
    let name = concat!("name = \"", env!("CARGO_PKG_NAME"), "\"");
    let is_clone = |folder: &&Path| {
        let manifest = fs::read_to_string(folder.join("shared/local/Cargo.toml"));
        manifest.is_ok_and(|manifest| manifest.lines().any(|line| line.trim_end() == name))
    };
    from.ancestors().find(is_clone).map(Path::to_owned)
}
