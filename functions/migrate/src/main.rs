//! The program `migrate`. From a shell, it migrates the database and ends. On Lambda, it migrates the database at each
//! invocation. Deployments invoke it, and it also makes their keys.

use std::{env, process::ExitCode};

use lambda_runtime::{LambdaEvent, service_fn};
use migrate::{Admin, Deployment, KeySecrets, NO_ADMIN, SecretsManager, migrate};
use rounds_data::{Database, Location, accounts};
use rounds_secrets::Secret;
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    if env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        return match lambda_runtime::run(service_fn(handle)).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&error.to_string()),
        };
    }
    match run_in_shell().await {
        Ok(done) => {
            done.iter().for_each(|line| println!("migrate: {line}"));
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error),
    }
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, lambda_runtime::Error> {
    let request_id = event.context.request_id;
    let Some(deployment) = Deployment::from_event(&event.payload) else {
        return Ok(json!({ "done": run_on_lambda(request_id).await? }));
    };
    let outcome = match deployment.migrates() {
        true => deploy(&deployment, request_id).await,
        false => Ok(vec!["nothing to do".into()]),
    };
    match &outcome {
        Ok(done) => println!("{}", json!({ "level": "INFO", "message": "migrated", "done": done })),
        Err(error) => println!("{}", json!({ "level": "ERROR", "message": "not migrated", "error": error })),
    }
    deployment.respond(&outcome).await?;
    // CloudFormation handles a failed migration. If this function returned an error, Lambda would retry the event.
    Ok(json!({ "done": outcome.unwrap_or_default() }))
}

async fn deploy(deployment: &Deployment, request_id: String) -> Result<Vec<String>, String> {
    let mut done = match KeySecrets::read(variable)? {
        Some(keys) => keys.fill(&SecretsManager::read(variable)?, deployment.request_id()).await?,
        None => Vec::new(),
    };
    done.extend(run_on_lambda(request_id).await?);
    Ok(done)
}

async fn run_on_lambda(request_id: String) -> Result<Vec<String>, String> {
    const NO_ADMIN: &str = "nobody can sign in as an Admin: set the parameter AdminEmail, and deploy again";
    run(Admin::read_on_lambda(variable, Secret::from_env("ADMIN_PASSWORD"), request_id)?, NO_ADMIN).await
}

async fn run_in_shell() -> Result<Vec<String>, String> {
    let password = match Secret::from_env("ADMIN_PASSWORD") {
        Some(secret) => secret.get().await.map_err(|error| error.to_string())?,
        None => String::new(),
    };
    let admin = Admin::read(|name| if name == "ADMIN_PASSWORD" { password.clone() } else { variable(name) })?;
    run(admin, NO_ADMIN).await
}

/// `no_admin`: the warning if nobody can sign in as an Admin.
async fn run(admin: Option<Admin>, no_admin: &str) -> Result<Vec<String>, String> {
    let database = Database::open(&Location { create: true, ..Location::from_env()? })?;
    let mut done = migrate(&database, admin).await?;
    if !accounts::has_admin(&database).await.map_err(|error| error.to_string())? {
        done.push(no_admin.into());
    }
    Ok(done)
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

fn failed(error: &str) -> ExitCode {
    eprintln!("migrate: {error}");
    ExitCode::FAILURE
}
