//! The rows of patients.

use std::str::FromStr;

use rounds_domain::{BirthDate, Email, Language, Name, Notes, Phone, Timestamp};
use serde_json::{Map, Value};

use super::{Decision, Mistakes, Outcome, languages, table::Row};

pub(super) const COLUMNS: &[&str] = &[
    "id",
    "name",
    "first_name",
    "last_name",
    "phone",
    "phone_number",
    "mobile_number",
    "email",
    "birth_date",
    "language",
    "notes",
];

/// The code of a country in phone numbers, such as `49`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountryCode(String);

impl FromStr for CountryCode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let is_valid = (1..=3).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_valid.then(|| Self(digits.to_owned())).ok_or_else(|| "must be a country code, like 49".to_owned())
    }
}

/// Reads rows as patients.
pub(super) struct Patients {
    pub(super) country_code: Option<CountryCode>,
    /// A birth date is before this.
    pub(super) now: Timestamp,
}

impl Patients {
    pub(super) fn decide(&self, row: &Row) -> Decision {
        self.body(row).map_or_else(Decision::Settled, Decision::Send)
    }

    /// Returns the body of `POST /patients`, with the members that the row has.
    fn body(&self, row: &Row) -> Result<Value, Outcome> {
        let mut mistakes = Mistakes::default();
        let name = row.name(&["name"], ["first_name", "last_name"]);
        if name.is_none() {
            mistakes.add("name", "is missing");
        }
        let name = mistakes.parsed::<Name>("name", name.as_deref());
        let phone = row.first(&["phone", "phone_number", "mobile_number"]);
        let phone = phone.and_then(|text| {
            parse_phone(text, self.country_code.as_ref()).map_err(|detail| mistakes.add("phone", detail)).ok()
        });
        let email = mistakes.parsed::<Email>("email", row.get("email"));
        let language = mistakes.parsed::<Language>("language", row.get("language").map(languages::tag));
        let notes = mistakes.parsed::<Notes>("notes", row.get("notes"));
        let birth_date = row.get("birth_date").map(|text| BirthDate::parse(text, self.now)).transpose();
        let birth_date = birth_date.map_err(|invalid| mistakes.add("birth_date", invalid)).ok().flatten();
        let members = [
            ("name", name.map(|name| name.as_str().to_owned())),
            ("phone", phone.map(|phone| phone.as_str().to_owned())),
            ("email", email.map(|email| email.as_str().to_owned())),
            ("birth_date", birth_date.map(|date| date.to_string())),
            ("language", language.map(|language| language.as_str().to_owned())),
            ("notes", notes.map(|notes| notes.as_str().to_owned())),
        ];
        let given = members.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::String(text?))));
        mistakes.finish(Some(Value::Object(given.collect::<Map<_, _>>())))
    }
}

/// Reads a phone number. A national one gets the country code in place of the `0` that it begins with.
pub(super) fn parse_phone(text: &str, country_code: Option<&CountryCode>) -> Result<Phone, String> {
    // People also write these between the digits.
    let written = text.replace(['/', '.'], " ");
    if let Ok(phone) = written.parse::<Phone>() {
        return Ok(phone);
    }
    let Some(CountryCode(code)) = country_code else {
        let detail = text.parse::<Phone>().map_or_else(|invalid| invalid.to_string(), |_| String::new());
        return Err(format!("{detail} (for national numbers, add --country-code with the code of the country)"));
    };
    let national = written.trim_start_matches(|c: char| !c.is_ascii_digit() && c != '+');
    let number = match national.strip_prefix("00") {
        Some(international) => format!("+{international}"),
        None => format!("+{code}{}", national.strip_prefix('0').unwrap_or(national)),
    };
    number.parse().map_err(|invalid: rounds_domain::InvalidValue| invalid.to_string())
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use serde_json::json;

    use super::{super::table::tests::row, *};

    fn body(content: &str, country_code: Option<&str>) -> Result<Value, Outcome> {
        let country_code = country_code.map(|code| code.parse().unwrap());
        Patients { country_code, now: Utc::now() }.body(&row(COLUMNS, content))
    }

    fn refused(content: &str) -> String {
        match body(content, None) {
            Err(Outcome::Refused(detail)) => detail,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn row_becomes_a_body_with_the_members_that_it_has() {
        let all = "id,name,phone,email,birth_date,language,notes\n\
                   7,Ada Lovelace,+49 30 123456,Ada@example.org,1984-03-07,de-ch,\"Allergy:\nnuts\"\n";
        let expected = json!({
            "name": "Ada Lovelace", "phone": "+4930123456", "email": "Ada@example.org", "birth_date": "1984-03-07",
            "language": "de-CH", "notes": "Allergy:\nnuts",
        });
        assert_eq!(body(all, None).unwrap(), expected);
        assert_eq!(body("name,phone,email\nAda,, \n", None).unwrap(), json!({ "name": "Ada" }));
        let easy_appointments = "id,first_name,last_name,email,phone_number,mobile_number,notes,language\n\
                                 7,Ada,Lovelace,,,030/123 456,,portuguese-br\n";
        let expected = json!({ "name": "Ada Lovelace", "phone": "+4930123456", "language": "pt-BR" });
        assert_eq!(body(easy_appointments, Some("49")).unwrap(), expected);
    }

    #[test]
    fn every_mistake_of_a_row_is_named() {
        let detail = refused("name,phone,email,language,birth_date\n,030 123456,ada,English!,7.3.1984\n");
        for part in
            ["name is missing; phone must be", "--country-code", "; email must", "; language must", "; birth_date must"]
        {
            assert!(detail.contains(part), "{part}: {detail}");
        }
    }

    #[test]
    fn national_numbers_need_the_country_code() {
        let code = "+49".parse::<CountryCode>().unwrap();
        for written in ["030 123456", "(030) 12-34-56", "030/12.34.56", "30 123456", "0049 30 123456", "+49 30 123456"]
        {
            assert_eq!(parse_phone(written, Some(&code)).unwrap().as_str(), "+4930123456", "{written}");
        }
        assert_eq!(parse_phone("+49 30/123456", None).unwrap().as_str(), "+4930123456");
        for bad in ["030", "unknown", "+49 30 123456 ext. 7", "0"] {
            assert!(parse_phone(bad, Some(&code)).is_err(), "{bad}");
        }
        for bad in ["", "+", "049", "1234", "de", "4a"] {
            assert!(bad.parse::<CountryCode>().is_err(), "{bad}");
        }
    }
}
