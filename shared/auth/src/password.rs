use std::sync::{Mutex, PoisonError};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        Error,
        phc::{Output, PasswordHash, Salt},
        try_generate_salt,
    },
};
use rounds_domain::{Password, nfc};

/// A hash that no password matches, with the same parameters as [`hash`]. The password for an unknown email is compared
/// with it, so that the refusal takes the same time as for a wrong password.
const DUMMY_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Tm9ib2R5J3Mgc2FsdC4uLg$+VtEbiyJcNTkbEhHuruERB9CnqDaTRNyfdQC2XrtuPg";

/// The hash of an account that has no password yet. Triggers and statements compare with the same text.
pub const NO_PASSWORD: &str = "$argon2id$none";

/// The memory of finished computations, for the next ones. It is never more than the computations at one time needed.
///
/// If it were allocated each time, a process would grow by 19 MiB with almost every hash: the blocks are aligned, and an
/// aligned allocation of glibc seldom fits into the gap that an earlier one of the same size left.
static MEMORY: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

/// Computes a hash, and writes it to `out`.
fn compute(argon2: &Argon2<'_>, password: &[u8], salt: &[u8], out: &mut [u8]) -> Result<(), Error> {
    let mut memory = MEMORY.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
    memory.resize(argon2.params().block_count(), Block::new());
    let computed = argon2.hash_password_into_with_memory(password, salt, out, &mut memory);
    MEMORY.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
    Ok(computed?)
}

fn new_hash(password: &[u8]) -> Result<String, Error> {
    let argon2 = Argon2::default();
    let (salt, mut out) = (Salt::new(&try_generate_salt()?)?, [0; Params::DEFAULT_OUTPUT_LEN]);
    compute(&argon2, password, &salt, &mut out)?;
    let hash = PasswordHash {
        algorithm: Algorithm::default().ident(),
        version: Some(Version::default().into()),
        params: argon2.params().try_into()?,
        salt: Some(salt),
        hash: Some(Output::new(&out)?),
    };
    Ok(hash.to_string())
}

/// Hashes a password with Argon2id and a random salt: 19 MiB, two passes, one lane (OWASP Password Storage Cheat
/// Sheet). Returns a PHC string.
///
/// # Errors
/// If the system cannot provide random bytes for the salt.
pub fn hash(password: &Password) -> Result<String, Error> {
    new_hash(password.expose().as_bytes())
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
    new_hash(nfc(password).as_bytes()).map(Some)
}

/// Returns whether a password matches a hash, in any Unicode normal form. Without a hash, and for [`NO_PASSWORD`], it
/// returns `false` after the same time.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    let parse = |hash| PasswordHash::new(hash).ok().filter(|parsed| parsed.salt.is_some() && parsed.hash.is_some());
    let stored = hash.and_then(parse);
    let is_stored = stored.is_some();
    let Some(compared) = stored.or_else(|| parse(DUMMY_HASH)) else { return false };
    matches(nfc(password).as_bytes(), &compared).unwrap_or(false) && is_stored
}

/// Compares in constant time, as [`Output`] does.
fn matches(password: &[u8], hash: &PasswordHash) -> Result<bool, Error> {
    let algorithm = Algorithm::try_from(hash.algorithm.as_str())?;
    let version = hash.version.map(Version::try_from).transpose()?.unwrap_or_default();
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else { return Ok(false) };
    let mut buffer = [0; Output::MAX_LENGTH];
    let out = buffer.get_mut(..expected.len()).ok_or(Error::OutputSize)?;
    compute(&Argon2::new(algorithm, version, Params::try_from(hash)?), password, salt, out)?;
    Ok(Output::new(out)? == *expected)
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHasher;

    use super::*;

    #[test]
    fn only_the_hashed_password_matches() {
        let password: Password = "correct horse 🐎".parse().unwrap();
        let (one, other) = (hash(&password).unwrap(), hash(&password).unwrap());
        assert_ne!(one, other, "each hash has its own salt");
        assert!(verify(password.expose(), Some(&one)) && verify(password.expose(), Some(&other)));
        assert!(!verify("correct horse", Some(&one)));
        assert!(!verify(password.expose(), None));
        for without_password in ["no hash", NO_PASSWORD, ""] {
            assert!(!verify(password.expose(), Some(without_password)));
        }
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
