//! Builds the app in `app/` with Node, in a copy below the target folder: the source tree stays as it is.
//! `app/package-lock.json` pins all that goes into it.

use std::{
    env,
    error::Error,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What Node writes into `app/` where somebody works on it.
const NOT_SOURCE: [&str; 3] = ["node_modules", "dist", "schema.d.ts"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../docs/openapi.json");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    // The paths are those of the source tree: the app reads the document from beside it.
    let app = out.join("web/app");
    // What npm has installed stays.
    for stale in ["src", "dist"] {
        let stale = app.join(stale);
        if stale.exists() {
            fs::remove_dir_all(stale)?;
        }
    }
    copy(Path::new("app"), &app)?;
    fs::create_dir_all(out.join("docs"))?;
    fs::copy("../docs/openapi.json", out.join("docs/openapi.json"))?;
    npm(&app, &["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])?;
    npm(&app, &["run", "--silent", "client"])?;
    npm(&app, &["run", "--silent", "build"])?;

    let mut table = String::from("[");
    for entry in fs::read_dir(app.join("dist/web"))? {
        let path = entry?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".gz")) {
            writeln!(table, "({name:?}, include_bytes!({path:?}) as &[u8]),")?;
        }
    }
    fs::write(out.join("assets.rs"), table + "]")?;
    Ok(())
}

/// Copies a folder of sources, and has this program run again when one of them changes.
fn copy(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", from.display());
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if NOT_SOURCE.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&from, &to)?;
        } else {
            println!("cargo::rerun-if-changed={}", from.display());
            fs::copy(from, to)?;
        }
    }
    Ok(())
}

fn npm(app: &Path, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let output = Command::new("npm").args(arguments).current_dir(app).output();
    let output = output.map_err(|error| format!("Rounds needs Node 20 or later to build its pages: npm: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("npm {} failed in {}:\n{}", arguments.join(" "), app.display(), String::from_utf8_lossy(&said)).into())
}
