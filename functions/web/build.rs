//! Builds the app in `app/` with Node. It builds a copy in the target folder, so that the source tree does not change.
//! `app/package-lock.json` pins all dependencies. A debug build has the page of all components too.

use std::{
    env,
    error::Error,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Files and folders that Node writes into `app/` during development.
const GENERATED: [&str; 4] = ["node_modules", "dist", "dist-kit", "schema.d.ts"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../docs/openapi.json");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    // The copy has the folders of the source tree, because the app reads ../docs/openapi.json.
    let app = out.join("web/app");
    // Keeps node_modules, which makes the next build faster.
    for stale in ["src", "dist", "dist-kit"] {
        let stale = app.join(stale);
        if stale.exists() {
            fs::remove_dir_all(stale)?;
        }
    }
    copy(Path::new("app"), &app)?;
    fs::create_dir_all(out.join("docs"))?;
    fs::copy("../docs/openapi.json", out.join("docs/openapi.json"))?;
    npm(
        &app,
        &["ci", "--omit=dev", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
    )?;
    npm(&app, &["run", "--silent", "build"])?;
    let kit = if env::var("PROFILE")? == "debug" {
        npm(&app, &["run", "--silent", "build", "--", "--mode", "kit"])?;
        format!("Some((include_str!({:?}), &{}))", app.join("dist-kit/kit.html"), list(&app.join("dist-kit/web"))?)
    } else {
        "None".into()
    };
    fs::write(out.join("assets.rs"), list(&app.join("dist/web"))?)?;
    fs::write(out.join("kit.rs"), kit)?;
    Ok(())
}

/// Returns an array of the names and contents of the compressed files in a folder, as Rust source.
fn list(folder: &Path) -> Result<String, Box<dyn Error>> {
    let mut list = String::from("[");
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".gz")) {
            writeln!(list, "({name:?}, include_bytes!({path:?}) as &[u8]),")?;
        }
    }
    Ok(list + "]")
}

/// Copies a folder of sources. Cargo runs this program again when one of them changes.
fn copy(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", from.display());
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if GENERATED.iter().any(|name| entry.file_name() == *name) {
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

/// Runs npm in the app's folder. The error has its output.
fn npm(app: &Path, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let output = Command::new("npm").args(arguments).current_dir(app).output();
    let output =
        output.map_err(|error| format!("cannot run npm: {error}; Rounds needs Node 20 or later to build its pages"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(format!("npm {} failed in {}:\n{}", arguments.join(" "), app.display(), String::from_utf8_lossy(&text)).into())
}
