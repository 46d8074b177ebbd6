//! The messages of a login: PLAIN, and SCRAM as RFC 5802 has it (names and passwords as they are, as Kafka takes them).
//! The hashes are ring's, which TLS brings along.

use crate::plan::properties::wire::{Mechanism, SaslUser};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac, pbkdf2};
use std::num::NonZeroU32;

/// A broker that asks for more rounds would hold the loop up; Kafka's own take 16,384 at most. So many take some 50 ms.
const MOST_ROUNDS: u32 = 100_000;
/// No channel is bound, and nobody else's rights are asked for: as it is sent, and in base 64.
const HEAD: &str = "n,,";
const HEAD_IN_PROOF: &str = "biws";
const NONCE_BYTES: usize = 24;

/// A login that has begun.
#[derive(Debug)]
pub(super) enum Dialogue {
    /// All is said but the broker's yes.
    Said,
    /// The first message was sent; without its head, and the nonce in it.
    Asked(Hash, String, String),
    /// The proof was sent: what the broker must prove.
    Proven(hmac::Tag),
}

/// What is wrong with what the broker said.
pub(super) type Distrust = &'static str;

/// The hash of a SCRAM.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hash {
    Sha256,
    Sha512,
}

impl Hash {
    fn mac(self, key: &[u8], text: &[u8]) -> hmac::Tag {
        let algorithm = match self {
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512 => hmac::HMAC_SHA512,
        };
        hmac::sign(&hmac::Key::new(algorithm, key), text)
    }

    fn of(self, text: &[u8]) -> digest::Digest {
        match self {
            Self::Sha256 => digest::digest(&digest::SHA256, text),
            Self::Sha512 => digest::digest(&digest::SHA512, text),
        }
    }

    fn salted(self, password: &str, salt: &[u8], rounds: NonZeroU32) -> Vec<u8> {
        let (algorithm, length) = match self {
            Self::Sha256 => (pbkdf2::PBKDF2_HMAC_SHA256, digest::SHA256.output_len()),
            Self::Sha512 => (pbkdf2::PBKDF2_HMAC_SHA512, digest::SHA512.output_len()),
        };
        let mut salted = vec![0; length];
        pbkdf2::derive(algorithm, rounds, salt, password.as_bytes(), &mut salted);
        salted
    }
}

impl Dialogue {
    /// A login and its first message.
    pub(super) fn begin(user: &SaslUser) -> (Self, Vec<u8>) {
        let hash = match user.mechanism {
            Mechanism::Plain => {
                return (Self::Said, [b"\0", user.user.as_bytes(), b"\0", user.password.as_bytes()].concat());
            }
            Mechanism::ScramSha256 => Hash::Sha256,
            Mechanism::ScramSha512 => Hash::Sha512,
        };
        let mut nonce = [0; NONCE_BYTES];
        // Where the system has no random numbers, the broker's part of the nonce must do.
        let _ = SystemRandom::new().fill(&mut nonce);
        Self::scram(hash, user, &BASE64.encode(nonce))
    }

    fn scram(hash: Hash, user: &SaslUser, nonce: &str) -> (Self, Vec<u8>) {
        let name = user.user.replace('=', "=3D").replace(',', "=2C");
        let bare = format!("n={name},r={nonce}");
        let message = format!("{HEAD}{bare}").into_bytes();
        (Self::Asked(hash, bare, nonce.to_owned()), message)
    }

    /// What is to be said to what the broker said; None: it is done.
    pub(super) fn answer(&mut self, user: &SaslUser, said: &[u8]) -> Result<Option<Vec<u8>>, Distrust> {
        match self {
            Self::Said => Ok(None),
            Self::Asked(hash, bare, nonce) => {
                let (proven, message) = prove(*hash, bare, nonce, user, said)?;
                *self = Self::Proven(proven);
                Ok(Some(message))
            }
            Self::Proven(proven) => {
                let proof = field(text(said)?, 'v').and_then(|proof| BASE64.decode(proof).ok());
                let is_true = proof.is_some_and(|proof| proof == proven.as_ref());
                if is_true { Ok(None) } else { Err("the broker does not know the password itself") }
            }
        }
    }
}

/// The last message, and what the broker must prove in its own.
fn prove(
    hash: Hash,
    bare: &str,
    own_nonce: &str,
    user: &SaslUser,
    said: &[u8],
) -> Result<(hmac::Tag, Vec<u8>), Distrust> {
    const NO_SCRAM: Distrust = "the broker does not answer as SCRAM has it";
    let said = text(said)?;
    let nonce = field(said, 'r').ok_or(NO_SCRAM)?;
    if !nonce.starts_with(own_nonce) {
        return Err("the broker answers somebody else's login");
    }
    let salt = field(said, 's').and_then(|salt| BASE64.decode(salt).ok()).ok_or(NO_SCRAM)?;
    let rounds = field(said, 'i').and_then(|rounds| rounds.parse::<NonZeroU32>().ok()).ok_or(NO_SCRAM)?;
    if rounds.get() > MOST_ROUNDS {
        return Err("the broker asks for more than 100,000 rounds of hashing (SCRAM iterations)");
    }
    let salted = hash.salted(&user.password, &salt, rounds);
    let client_key = hash.mac(&salted, b"Client Key");
    let without_proof = format!("c={HEAD_IN_PROOF},r={nonce}");
    let all = format!("{bare},{said},{without_proof}");
    let signature = hash.mac(hash.of(client_key.as_ref()).as_ref(), all.as_bytes());
    let proof: Vec<u8> = client_key.as_ref().iter().zip(signature.as_ref()).map(|(key, sign)| key ^ sign).collect();
    let server_key = hash.mac(&salted, b"Server Key");
    let message = format!("{without_proof},p={}", BASE64.encode(proof));
    Ok((hash.mac(server_key.as_ref(), all.as_bytes()), message.into_bytes()))
}

fn text(said: &[u8]) -> Result<&str, Distrust> {
    std::str::from_utf8(said).map_err(|_| "the broker does not answer in UTF-8")
}

/// The value of `name=value` among those that commas separate.
fn field(text: &str, name: char) -> Option<&str> {
    text.split(',').find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(mechanism: Mechanism, user: &str, password: &str) -> SaslUser {
        SaslUser { mechanism, user: user.to_owned(), password: password.to_owned() }
    }

    #[test]
    fn plain_says_name_and_password() {
        let user = user(Mechanism::Plain, "me", "secret");
        let (mut dialogue, message) = Dialogue::begin(&user);
        assert_eq!(message, b"\0me\0secret");
        assert_eq!(dialogue.answer(&user, b""), Ok(None));
    }

    /// Of RFC 7677, section 3.
    #[test]
    fn scram_is_the_standards() {
        let user = user(Mechanism::ScramSha256, "user", "pencil");
        let (mut dialogue, message) = Dialogue::scram(Hash::Sha256, &user, "rOprNGfwEbeRWgbNEkqO");
        assert_eq!(message, b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let said = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let proof = dialogue.answer(&user, said).unwrap().unwrap();
        assert_eq!(
            std::str::from_utf8(&proof).unwrap(),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        let right = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
        assert_eq!(dialogue.answer(&user, right), Ok(None));
        let wrong = b"v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
        assert!(dialogue.answer(&user, wrong).is_err());
    }

    #[test]
    fn what_makes_no_sense_or_takes_for_ever_is_refused() {
        let user = user(Mechanism::ScramSha512, "a,b=c", "p");
        let of_sense = b"r=me-too,s=AAAA,i=1";
        let nonsense =
            [&b"r=me,i=1"[..], b"r=you,s=AAAA,i=1", b"r=me,s=AAAA,i=0", b"r=me,s=AAAA,i=100001", b"e=no", b"\xff"];
        for said in [&[&of_sense[..]], &nonsense[..]].concat() {
            let (mut dialogue, message) = Dialogue::scram(Hash::Sha512, &user, "me");
            assert_eq!(message, b"n,,n=a=2Cb=3Dc,r=me");
            let answered = dialogue.answer(&user, said);
            assert_eq!(answered.is_ok(), said == of_sense, "{answered:?}");
        }
        let (_, first) = Dialogue::begin(&user);
        let (_, second) = Dialogue::begin(&user);
        assert_ne!(first, second);
    }
}
