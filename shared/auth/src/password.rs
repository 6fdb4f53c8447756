use argon2::{
    Argon2, Params,
    password_hash::{Error, PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use rounds_domain::{Password, nfc};

/// A hash that no password matches, with the same parameters as [`hash`]. The password for an unknown email is compared
/// with it, so that the refusal takes the same time as for a wrong password.
const DUMMY_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Tm9ib2R5J3Mgc2FsdC4uLg$+VtEbiyJcNTkbEhHuruERB9CnqDaTRNyfdQC2XrtuPg";

/// Hashes a password with Argon2id and a random salt: 19 MiB, two passes, one lane (OWASP Password Storage Cheat
/// Sheet). Returns a PHC string.
///
/// # Errors
/// If the system cannot provide random bytes for the salt.
pub fn hash(password: &Password) -> Result<String, Error> {
    Ok(Argon2::default().hash_password(password.expose().as_bytes())?.to_string())
}

/// Hashes a password again if `hash` has other parameters than [`hash`] uses now. Otherwise returns `None`.
///
/// # Errors
/// If the system cannot provide random bytes for the salt.
pub fn rehash(password: &str, hash: &str) -> Result<Option<String>, Error> {
    let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
    let params = PasswordHash::new(hash).ok().and_then(|hash| Params::try_from(&hash).ok());
    if params.is_some_and(|params| cost(&params) == cost(Argon2::default().params())) {
        return Ok(None);
    }
    Ok(Some(Argon2::default().hash_password(nfc(password).as_bytes())?.to_string()))
}

/// Returns whether a password matches a hash, in any Unicode normal form. Without a hash it returns `false` after the
/// same time.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(DUMMY_HASH)) else { return false };
    let matches = Argon2::default().verify_password(nfc(password).as_bytes(), &parsed).is_ok();
    matches && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hashed_password_matches() {
        let password: Password = "correct horse 🐎".parse().unwrap();
        let (one, other) = (hash(&password).unwrap(), hash(&password).unwrap());
        assert_ne!(one, other, "each hash has its own salt");
        assert!(verify(password.expose(), Some(&one)) && verify(password.expose(), Some(&other)));
        assert!(!verify("correct horse", Some(&one)));
        assert!(!verify(password.expose(), None));
        assert!(!verify(password.expose(), Some("no hash")));
    }

    #[test]
    fn password_matches_in_every_unicode_form() {
        let (composed, decomposed) = ("garçon élève", "garc\u{327}on e\u{301}le\u{300}ve");
        for (one, other) in [(composed, decomposed), (decomposed, composed)] {
            let hash = hash(&one.parse().unwrap()).unwrap();
            assert!(verify(one, Some(&hash)) && verify(other, Some(&hash)));
        }
        let weak = Argon2::new(Default::default(), Default::default(), Params::new(8, 1, 1, None).unwrap());
        let weak = weak.hash_password(composed.as_bytes()).unwrap().to_string();
        let strong = rehash(decomposed, &weak).unwrap().unwrap();
        assert!(verify(composed, Some(&strong)) && verify(decomposed, Some(&strong)));
    }

    #[test]
    fn rehashes_hash_with_other_parameters() {
        let password = "correct horse";
        let weak = Argon2::new(Default::default(), Default::default(), Params::new(8, 1, 1, None).unwrap());
        let weak = weak.hash_password(password.as_bytes()).unwrap().to_string();
        assert!(verify(password, Some(&weak)));
        let strong = rehash(password, &weak).unwrap().unwrap();
        assert!(verify(password, Some(&strong)));
        assert_eq!(rehash(password, &strong).unwrap(), None);
    }

    /// Otherwise the response time would reveal whether an account has the email.
    #[test]
    fn dummy_hash_costs_the_same_as_a_real_hash() {
        let real = hash(&"some password".parse().unwrap()).unwrap();
        let cost = |phc: &str| phc.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(cost(DUMMY_HASH), cost(&real));
        let (dummy, real) = (PasswordHash::new(DUMMY_HASH).unwrap(), PasswordHash::new(&real).unwrap());
        assert_eq!(dummy.hash.unwrap().as_ref().len(), real.hash.unwrap().as_ref().len());
        assert_eq!(dummy.salt.unwrap().as_ref().len(), real.salt.unwrap().as_ref().len());
    }
}
