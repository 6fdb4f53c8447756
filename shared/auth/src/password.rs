use argon2::{
    Argon2, Params,
    password_hash::{Error, PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use rounds_domain::{Password, nfc};

/// The hash of no password, by the parameters below: what the password of an unknown
/// email is compared with, so that it takes as long to refuse as a wrong one.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Tm9ib2R5J3Mgc2FsdC4uLg$+VtEbiyJcNTkbEhHuruERB9CnqDaTRNyfdQC2XrtuPg";

/// Hashes a password by Argon2id with a salt of its own, as a PHC string: 19 MiB, two passes,
/// one lane (OWASP Password Storage Cheat Sheet).
///
/// # Errors
/// Where the system has no randomness for the salt.
pub fn hash(password: &Password) -> Result<String, Error> {
    Ok(Argon2::default().hash_password(password.expose().as_bytes())?.to_string())
}

/// The hash by today's parameters of a password that was hashed by others; `None` where its hash is by
/// these already.
///
/// # Errors
/// Where the system has no randomness for the salt.
pub fn rehash(password: &str, hash: &str) -> Result<Option<String>, Error> {
    let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
    let params = PasswordHash::new(hash).ok().and_then(|hash| Params::try_from(&hash).ok());
    if params.is_some_and(|params| cost(&params) == cost(Argon2::default().params())) {
        return Ok(None);
    }
    Ok(Some(Argon2::default().hash_password(nfc(password).as_bytes())?.to_string()))
}

/// Whether a password is the one that was hashed, in whichever Unicode form it is typed; never, but as slowly, where there is no hash.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(NOBODY)) else { return false };
    let matches = Argon2::default().verify_password(nfc(password).as_bytes(), &parsed).is_ok();
    matches && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_alone() {
        let password: Password = "correct horse 🐎".parse().unwrap();
        let (one, other) = (hash(&password).unwrap(), hash(&password).unwrap());
        assert_ne!(one, other, "each hash has a salt of its own");
        assert!(verify(password.expose(), Some(&one)) && verify(password.expose(), Some(&other)));
        assert!(!verify("correct horse", Some(&one)));
        assert!(!verify(password.expose(), None));
        assert!(!verify(password.expose(), Some("no hash")));
    }

    #[test]
    fn a_password_is_the_same_in_every_unicode_form() {
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
    fn a_hash_by_other_parameters_is_made_anew() {
        let password = "correct horse";
        let weak = Argon2::new(Default::default(), Default::default(), Params::new(8, 1, 1, None).unwrap());
        let weak = weak.hash_password(password.as_bytes()).unwrap().to_string();
        assert!(verify(password, Some(&weak)));
        let strong = rehash(password, &weak).unwrap().unwrap();
        assert!(verify(password, Some(&strong)));
        assert_eq!(rehash(password, &strong).unwrap(), None);
    }

    /// Otherwise the time of a refusal would tell whether an email is known.
    #[test]
    fn nobodys_hash_costs_what_a_real_one_costs() {
        let real = hash(&"some password".parse().unwrap()).unwrap();
        let cost = |phc: &str| phc.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(cost(NOBODY), cost(&real));
        let (nobody, real) = (PasswordHash::new(NOBODY).unwrap(), PasswordHash::new(&real).unwrap());
        assert_eq!(nobody.hash.unwrap().as_ref().len(), real.hash.unwrap().as_ref().len());
        assert_eq!(nobody.salt.unwrap().as_ref().len(), real.salt.unwrap().as_ref().len());
    }
}
