//! The patient of an appointment.

use rounds_domain::{AccountId, Email, Name, Phone};
use serde::Deserialize;

use super::{
    CountryCode, Mistakes,
    api::{Api, Stop},
    patients::parse_phone,
    table::Row,
};

/// How many patients a search returns at most.
const MAX_FOUND: usize = 100;

#[derive(Deserialize)]
struct Patient {
    id: AccountId,
    name: String,
    phone: Option<String>,
    email: Option<String>,
    birth_date: Option<String>,
}

/// What a row says about its patient.
struct Person {
    name: Name,
    phone: Option<Phone>,
    email: Option<Email>,
    birth_date: Option<String>,
}

/// Finds the patient of a row by the id, or by the name and another member.
pub(super) async fn find_patient(
    row: &Row,
    api: &Api,
    country_code: Option<&CountryCode>,
    mistakes: &mut Mistakes,
) -> Result<Option<AccountId>, Stop> {
    if let Some(id) = row.get("patient_id") {
        return Ok(mistakes.parsed("patient_id", Some(id)));
    }
    let Some(person) = Person::read(row, country_code, mistakes) else { return Ok(None) };
    let (found, next): (Vec<Patient>, _) = api.get(&person.search()).await?;
    let mut found = found.into_iter().filter(|patient| person.is(patient));
    match (found.next(), found.next()) {
        (Some(patient), None) if next.is_none() => return Ok(Some(patient.id)),
        (None, _) if next.is_none() => mistakes.add("patient", "is not in the clinic: import the patients first"),
        _ => mistakes.add("patient", "is not the only one with these members: give the patient_id"),
    }
    Ok(None)
}

impl Person {
    /// Reads the person. Records a mistake if the row does not say enough.
    fn read(row: &Row, country_code: Option<&CountryCode>, mistakes: &mut Mistakes) -> Option<Self> {
        let name = row.first(&["patient_name", "customer_name"]);
        let (phone, email) =
            (row.first(&["patient_phone", "customer_phone"]), row.first(&["patient_email", "customer_email"]));
        let birth_date = row.get("patient_birth_date").map(str::to_owned);
        if name.is_none() || (phone.is_none() && email.is_none() && birth_date.is_none()) {
            let detail = "must be named by patient_id, or by patient_name and patient_phone, patient_email or \
                          patient_birth_date";
            mistakes.add("patient", detail);
            return None;
        }
        let phone = phone.map(|phone| parse_phone(phone, country_code)).transpose();
        let phone = phone.map_err(|detail| mistakes.add("patient_phone", detail)).ok();
        let email = email.map(str::parse).transpose();
        let email = email.map_err(|invalid: rounds_domain::InvalidValue| mistakes.add("patient_email", invalid)).ok();
        let name = mistakes.parsed("patient_name", name);
        Some(Self { name: name?, phone: phone?, email: email?, birth_date })
    }

    /// Returns the path of a search for this person. It can also find others, because it ignores case and accents.
    fn search(&self) -> String {
        let phone = self.phone.as_ref().map(|phone| phone.as_str().trim_start_matches('+'));
        let email = self.email.as_ref().map(Email::as_str);
        let words: Vec<_> = [Some(self.name.as_str()), phone, email].into_iter().flatten().collect();
        let (words, limit) = (words.join(" "), MAX_FOUND.to_string());
        let mut parameters = vec![("limit", limit.as_str()), ("q", &words)];
        parameters.extend(self.birth_date.as_deref().map(|date| ("birth_date", date)));
        // Texts can always be encoded.
        format!("/patients?{}", serde_urlencoded::to_string(parameters).unwrap_or_default())
    }

    /// Whether a patient has all members of the row.
    fn is(&self, patient: &Patient) -> bool {
        let email = |text: &str| Email::key(text);
        is_same(&patient.name, self.name.as_str())
            && self.phone.as_ref().is_none_or(|phone| patient.phone.as_deref() == Some(phone.as_str()))
            && self.email.as_ref().is_none_or(|own| patient.email.as_deref().map(email) == Some(email(own.as_str())))
            && (self.birth_date.is_none() || self.birth_date == patient.birth_date)
    }
}

/// Whether two names are the same, apart from case.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    let key = |name: &str| rounds_domain::nfc(name).trim().to_lowercase();
    key(one) == key(other)
}
