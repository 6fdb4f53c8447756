use axum::{Json, extract::State};
use rounds_data::{
    Database,
    doctors::{self, Profile},
};
use rounds_domain::AccountId;
use rounds_http::{PathId, Problem};

/// `GET /doctors/{doctor_id}`: a doctor's profile, for anyone.
pub(crate) async fn show(
    State(database): State<Database>,
    PathId(doctor): PathId<AccountId>,
) -> Result<Json<Profile>, Problem> {
    Ok(Json(doctors::profile(&database, doctor).await?))
}
