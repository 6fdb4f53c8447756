//! Migrates the database: at once from a shell, by an invocation on Lambda.

use std::{env, process::ExitCode};

use lambda_runtime::{LambdaEvent, service_fn};
use migrate::{Admin, migrate};
use rounds_data::{Database, Location};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    if env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        lambda_runtime::tracing::init_default_subscriber();
        return match lambda_runtime::run(service_fn(answer)).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&error.to_string()),
        };
    }
    match run().await {
        Ok(done) => {
            done.iter().for_each(|line| println!("migrate: {line}"));
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error),
    }
}

async fn answer(_: LambdaEvent<Value>) -> Result<Value, lambda_runtime::Error> {
    Ok(json!({ "done": run().await? }))
}

async fn run() -> Result<Vec<String>, String> {
    let database = Database::open(&Location { create: true, ..Location::from_env()? })?;
    migrate(&database, Admin::read(|name| env::var(name).unwrap_or_default())?).await
}

fn failed(error: &str) -> ExitCode {
    eprintln!("migrate: {error}");
    ExitCode::FAILURE
}
