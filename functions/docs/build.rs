//! Prepares the files of the reference page: extracts the needed files of Swagger UI from the crate that contains them,
//! compressed with gzip, removes white space from the OpenAPI document, and computes an `ETag` for both.

use std::{
    env,
    error::Error,
    fs,
    hash::{DefaultHasher, Hasher},
    io::{Cursor, Read},
    path::Path,
};

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::{CompressionMethod, ZipArchive};

/// Returns the `ETag` of a file. It is computed at build time, so requests do not have to hash the file.
fn etag(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    format!("\"{:016x}\"", hasher.finish())
}

const FILES: [&str; 3] = ["dist/swagger-ui-bundle.js", "dist/swagger-ui.css", "LICENSE"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=openapi.json");
    let folder = env::var("OUT_DIR")?;
    let document: serde_json::Value = serde_json::from_str(&fs::read_to_string("openapi.json")?)?;
    let document = document.to_string();
    println!("cargo::rustc-env=OPENAPI_ETAG={}", etag(document.as_bytes()));
    fs::write(Path::new(&folder).join("openapi.json"), document)?;
    println!("cargo::rustc-env=SWAGGER_UI_ETAG={}", etag(SWAGGER_UI_VENDORED));
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    for path in FILES {
        // The archive has one top-level folder, whose name contains the version.
        let matches = |name: &str| name.split_once('/').is_some_and(|(_, rest)| rest == path);
        let index = archive.file_names().position(|name| name.is_ok_and(|name| matches(&name)));
        let mut file = archive.by_index_raw(index.ok_or(path)?)?;
        if file.compression() != CompressionMethod::DEFLATE {
            return Err(format!("{path} is not compressed with DEFLATE").into());
        }
        // A DEFLATE stream from a zip archive is valid gzip with another header and trailer (RFC 1952).
        let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
        file.read_to_end(&mut gzip)?;
        gzip.extend(file.crc32().to_le_bytes());
        gzip.extend(u32::try_from(file.size())?.to_le_bytes());
        let name = Path::new(path).file_name().ok_or(path)?;
        fs::write(Path::new(&folder).join(name).with_added_extension("gz"), gzip)?;
    }
    Ok(())
}
