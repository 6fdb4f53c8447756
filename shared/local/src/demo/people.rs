//! The people of the demo clinic. All emails are in a domain that nobody can register (RFC 2606).

use rounds_domain::{AccountType, NewAccount};

pub(super) struct Person {
    pub(super) account_type: AccountType,
    name: &'static str,
    pub(super) email: &'static str,
    specialty: Option<&'static str>,
    details: Option<&'static str>,
}

const fn person(account_type: AccountType, name: &'static str, email: &'static str) -> Person {
    Person { account_type, name, email, specialty: None, details: None }
}

const fn doctor(name: &'static str, email: &'static str, specialty: &'static str, details: &'static str) -> Person {
    Person { account_type: AccountType::Doctor, name, email, specialty: Some(specialty), details: Some(details) }
}

pub(super) const ADMIN: Person = person(AccountType::Admin, "Grace Adeyemi", "admin@rounds.example");

pub(super) const DOCTORS: [Person; 3] = [
    doctor(
        "Dr. Amara Okafor",
        "okafor@rounds.example",
        "Cardiology",
        "Heart check-ups, blood pressure and heart rhythm. Speaks English and Igbo.\n\nPlease bring a list of your \
         medicines, earlier ECGs, and your blood pressure diary if you keep one. Wear a top that is easy to take off.",
    ),
    doctor(
        "Dr. Jonas Lindqvist",
        "lindqvist@rounds.example",
        "Dermatology",
        "Skin checks, eczema, acne and small operations. Speaks Swedish, English and German.\n\nPlease come without \
         make-up and nail polish. Bring the creams that you use now, and photos of a rash that comes and goes.",
    ),
    doctor(
        "Dr. Mei Tanaka",
        "tanaka@rounds.example",
        "General practice",
        "For everything that worries you, and for children from six months on. Speaks Japanese and English.\n\nPlease \
         bring your vaccination card and a list of your medicines. For a blood test in the morning, drink only water \
         before you come.",
    ),
];

pub(super) const SAM: Person = person(AccountType::Patient, "Sam Rivera", "sam@rounds.example");

/// They have no password, so nobody can sign in with these accounts.
pub(super) const PATIENTS: [Person; 12] = [
    person(AccountType::Patient, "Nadia Ferreira", "nadia.ferreira@rounds.example"),
    person(AccountType::Patient, "Łukasz Wójcik", "lukasz.wojcik@rounds.example"),
    person(AccountType::Patient, "Chidi Eze", "chidi.eze@rounds.example"),
    person(AccountType::Patient, "Nguyễn Minh Anh", "minh.anh@rounds.example"),
    person(AccountType::Patient, "Søren Østergaard", "soren.ostergaard@rounds.example"),
    person(AccountType::Patient, "ليلى حداد", "layla.haddad@rounds.example"),
    person(AccountType::Patient, "Priya Raman", "priya.raman@rounds.example"),
    person(AccountType::Patient, "Mateo Quispe", "mateo.quispe@rounds.example"),
    person(AccountType::Patient, "Zeynep Çelik", "zeynep.celik@rounds.example"),
    person(AccountType::Patient, "Kwame Mensah", "kwame.mensah@rounds.example"),
    person(AccountType::Patient, "Satō Ken", "ken.sato@rounds.example"),
    person(AccountType::Patient, "Siobhán O’Connor", "siobhan.oconnor@rounds.example"),
];

impl Person {
    /// Returns the account to register.
    pub(super) fn account(&self, password_hash: &str) -> Result<NewAccount, String> {
        Ok(NewAccount {
            name: self.name.parse()?,
            email: self.email.parse()?,
            password_hash: password_hash.to_owned(),
            account_type: self.account_type,
            phone: None,
            birth_date: None,
            language: None,
            specialty: self.specialty.map(str::parse).transpose()?,
            details: self.details.map(str::parse).transpose()?,
        })
    }
}
