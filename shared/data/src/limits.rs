/// The limits of failed sign-ins and registrations. Each is a setting with a default. A source is the network address
/// that a request comes from, as the gateway sees it.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Failed sign-ins with one email from one source in 15 minutes.
    pub logins_per_email_and_source: i64,
    /// Failed sign-ins from one source in an hour, with any email. Accounts that have signed in from there before are
    /// exempt.
    pub logins_per_source: i64,
    /// Failed sign-ins with one email in an hour, from sources where its account has not signed in before.
    pub logins_per_email: i64,
    /// Registrations from one source in an hour that an Admin did not make.
    pub registrations_per_source: i64,
}

impl Limits {
    /// Reads the limits from settings. `setting` returns a setting by name. An empty setting keeps the default.
    ///
    /// # Errors
    /// A sentence that names the invalid setting.
    pub fn read(setting: impl Fn(&str) -> String) -> Result<Self, String> {
        let mut limits = Self::default();
        for (name, limit) in limits.by_setting_mut() {
            let value = setting(name);
            if !value.is_empty() {
                let number = value.parse().ok().filter(|number| *number >= 1);
                *limit = number.ok_or_else(|| format!("{name} must be a whole number, at least 1"))?;
            }
        }
        Ok(limits)
    }

    /// The limits with the names of their settings.
    pub fn by_setting(mut self) -> [(&'static str, i64); 4] {
        self.by_setting_mut().map(|(name, limit)| (name, *limit))
    }

    fn by_setting_mut(&mut self) -> [(&'static str, &mut i64); 4] {
        [
            ("LOGINS_PER_EMAIL_AND_SOURCE", &mut self.logins_per_email_and_source),
            ("LOGINS_PER_SOURCE", &mut self.logins_per_source),
            ("LOGINS_PER_EMAIL", &mut self.logins_per_email),
            ("REGISTRATIONS_PER_SOURCE", &mut self.registrations_per_source),
        ]
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            logins_per_email_and_source: 10,
            logins_per_source: 200,
            logins_per_email: 100,
            registrations_per_source: 300,
        }
    }
}
