use ed25519_dalek::{Signature, SignatureError, Signer, SigningKey, Verifier, VerifyingKey, pkcs8::DecodePrivateKey};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{ErrorKind, Result},
    jwk::ThumbprintHash,
};
use sha2::{Digest, Sha256};

/// The cryptography of tokens: only EdDSA, by ed25519-dalek. The providers of jsonwebtoken support every algorithm,
/// including RSA. Tokens of Rounds never use them, and they would add a tenth to the size of each function.
static EDDSA: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| match algorithm {
        Algorithm::EdDSA => Ok(Box::new(Ed25519Signer::new(key)?)),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    verifier_factory: |algorithm, key| match algorithm {
        Algorithm::EdDSA => Ok(Box::new(Ed25519Verifier::new(key)?)),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    key_utils: KeyUtils {
        compute_digest: |data, hash| match hash {
            ThumbprintHash::SHA256 => Ok(Sha256::digest(data).to_vec()),
            _ => Err(ErrorKind::InvalidAlgorithm.into()),
        },
        ..KeyUtils::new_unimplemented()
    },
};

/// Installs the provider in jsonwebtoken. Each constructor of a key calls this, so it is installed before a token is
/// signed or verified.
pub(crate) fn install() {
    // An error means that the provider is already installed.
    let _ = EDDSA.install_default();
}

struct Ed25519Signer(SigningKey);

impl Ed25519Signer {
    fn new(key: &EncodingKey) -> Result<Self> {
        Ok(Self(SigningKey::from_pkcs8_der(key.as_bytes()).map_err(|_| ErrorKind::InvalidEddsaKey)?))
    }
}

impl Signer<Vec<u8>> for Ed25519Signer {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, SignatureError> {
        Ok(self.0.try_sign(message)?.to_bytes().to_vec())
    }
}

impl JwtSigner for Ed25519Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

struct Ed25519Verifier(VerifyingKey);

impl Ed25519Verifier {
    fn new(key: &DecodingKey) -> Result<Self> {
        let bytes = key.try_get_as_bytes()?.try_into().map_err(|_| ErrorKind::InvalidEddsaKey)?;
        Ok(Self(VerifyingKey::from_bytes(bytes).map_err(|_| ErrorKind::InvalidEddsaKey)?))
    }
}

impl Verifier<Vec<u8>> for Ed25519Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), SignatureError> {
        self.0.verify_strict(message, &Signature::from_slice(signature)?)
    }
}

impl JwtVerifier for Ed25519Verifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}
