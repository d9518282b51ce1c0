//! One OpenID provider: where it is, and the three things that it is asked.

use std::{
    fmt,
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use openidconnect::{
    AccessToken, AccessTokenHash, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret,
    CsrfToken, DiscoveryError, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, ProviderMetadataWithLogout, RedirectUrl, RefreshToken, RequestTokenError,
    Scope, StandardErrorResponse, SubjectIdentifier, TokenResponse, UserInfoError,
    core::{CoreErrorResponseType, CoreGenderClaim, CoreResponseType},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::RwLock;

use crate::{
    ClaimNames, Person,
    client::{OidcClient, Others, TokenAnswer, UserInfo, by_name},
    http::{Http, HttpError},
};

/// How long the provider's addresses and keys are taken from memory.
const KNOWN_FOR: Duration = Duration::from_secs(60 * 60);

/// What is to be known of a provider.
#[derive(Debug, Clone)]
pub struct Config {
    /// Its issuer identifier, below which its discovery document stands.
    pub issuer: String,
    /// What it knows us by.
    pub client_id: String,
    /// What proves that it is us; public clients have none.
    pub client_secret: Option<SecretString>,
    /// Where it sends browsers back to.
    pub redirect_url: String,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// Which claims say what.
    pub claims: ClaimNames,
}

/// When a configuration cannot be right.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// When the issuer is not an address.
    #[error("the issuer is not an address such as https://id.example.com")]
    Issuer,
    /// When the issuer could be anybody on the way to it.
    #[error("the issuer must be an https address, unless it is on this machine")]
    Plain,
    /// When the address for browsers to come back to is none.
    #[error("the address to come back to is not an address")]
    Redirect,
    /// When TLS cannot be set up.
    #[error("TLS cannot be set up for the provider")]
    Tls(#[source] reqwest::Error),
}

/// Why the provider's word is not there.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// When it says no: the code is not right, or the person may not sign in any more.
    #[error("the provider does not let this person in")]
    Refused,
    /// When it did not answer, or is not well.
    #[error("the provider cannot be asked now: {0}")]
    Unavailable(String),
    /// When what it said cannot be trusted, or makes no sense with our configuration.
    #[error("what the provider said cannot be used: {0}")]
    Unusable(String),
}

/// One attempt to sign in: what the browser keeps while it is at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Comes back with the browser (RFC 6749, 10.12).
    pub state: String,
    /// Comes back inside the ID token.
    pub nonce: String,
    /// Proves that the code was meant for us (RFC 7636).
    pub verifier: String,
}

/// What lets the provider be asked again about somebody who signed in.
#[derive(Clone, Serialize, Deserialize)]
pub struct Proof {
    subject: String,
    id: String,
    access_token: String,
    refresh_token: Option<String>,
    /// Whether groups were in the ID token: then silence elsewhere says nothing about them.
    groups_in_id_token: bool,
    groups: Vec<String>,
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proof").finish_non_exhaustive()
    }
}

/// One OpenID provider.
#[derive(Debug)]
pub struct Provider {
    config: Config,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    http: Http,
    known: RwLock<Option<Known>>,
}

/// What the discovery document and the keys said.
#[derive(Debug, Clone)]
struct Known {
    client: Arc<OidcClient>,
    sign_out: Option<String>,
    at: Instant,
}

/// What was said about somebody, and from which side.
struct Said {
    all: Map<String, Value>,
    id_token: bool,
}

impl Provider {
    /// A provider that is not asked anything yet.
    ///
    /// # Errors
    ///
    /// When the configuration cannot be right.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let issuer = IssuerUrl::new(config.issuer.clone()).map_err(|_| ConfigError::Issuer)?;
        let url = issuer.url();
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let here = host == "localhost"
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if url.scheme() != "https" && !(url.scheme() == "http" && here) {
            return Err(ConfigError::Plain);
        }
        let redirect =
            RedirectUrl::new(config.redirect_url.clone()).map_err(|_| ConfigError::Redirect)?;
        let http = Http::new().map_err(ConfigError::Tls)?;
        Ok(Self { config, issuer, redirect, http, known: RwLock::default() })
    }

    /// Begins to sign somebody in: where their browser goes, and what it keeps meanwhile.
    ///
    /// # Errors
    ///
    /// When the provider's discovery document cannot be had.
    pub async fn begin(&self) -> Result<(String, Attempt), Failure> {
        let client = self.known(false).await?.client;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let (url, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(self.config.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge)
            .url();
        let attempt = Attempt {
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
        };
        Ok((url.to_string(), attempt))
    }

    /// Who came back with this code, and what lets the provider be asked about them again.
    ///
    /// # Errors
    ///
    /// When the provider says no, cannot be asked, or says what cannot be trusted.
    pub async fn finish(&self, attempt: Attempt, code: &str) -> Result<(Person, Proof), Failure> {
        let client = self.known(false).await?.client;
        let exchange = client.exchange_code(AuthorizationCode::new(code.to_owned()));
        let answer = exchange
            .map_err(unusable)?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier))
            .request_async(&self.http)
            .await
            .map_err(token_failure)?;
        let nonce = Nonce::new(attempt.nonce);
        let (subject, mut said) = self.id_claims(&client, &answer, Some(&nonce)).await?;
        let groups_in_id_token = self.config.claims.groups(&said.all).is_some();
        if let Some(info) = self.user_info(&client, answer.access_token().clone(), &subject).await?
        {
            said.all.extend(info);
        }
        let person = self.config.claims.person(&said.all).ok_or_else(|| {
            Failure::Unusable(format!("its claim {} does not say who it is", self.config.claims.id))
        })?;
        let proof = Proof {
            subject: subject.to_string(),
            id: person.id.clone(),
            access_token: answer.access_token().secret().clone(),
            refresh_token: answer.refresh_token().map(|token| token.secret().clone()),
            groups_in_id_token,
            groups: person.groups.clone(),
        };
        Ok((person, proof))
    }

    /// Asks whether somebody who signed in before may still, and what holds for them now.
    ///
    /// With a refresh token it is used, because a provider checks there whether the person is still
    /// let in; without one, the access token shows it for as long as it lasts.
    ///
    /// # Errors
    ///
    /// When the provider says no, cannot be asked, or says what cannot be trusted.
    pub async fn recheck(&self, proof: Proof) -> Result<(Person, Proof), Failure> {
        let client = self.known(false).await?.client;
        let subject = SubjectIdentifier::new(proof.subject.clone());
        let (mut proof, mut said) = (proof, Said { all: Map::new(), id_token: false });
        if let Some(token) = proof.refresh_token.clone() {
            let token = RefreshToken::new(token);
            let exchange = client.exchange_refresh_token(&token).map_err(unusable)?;
            let answer = exchange.request_async(&self.http).await.map_err(token_failure)?;
            proof.access_token = answer.access_token().secret().clone();
            if let Some(new) = answer.refresh_token() {
                proof.refresh_token = Some(new.secret().clone());
            }
            if answer.id_token().is_some() {
                let (same, new) = self.id_claims(&client, &answer, None).await?;
                if same != subject {
                    return Err(Failure::Refused);
                }
                said = new;
            }
        }
        let token = AccessToken::new(proof.access_token.clone());
        match self.user_info(&client, token, &subject).await? {
            Some(info) => said.all.extend(info),
            // Nothing was asked at all.
            None if proof.refresh_token.is_none() => return Err(Failure::Refused),
            None => {}
        }
        said.all.entry("sub").or_insert_with(|| Value::String(proof.subject.clone()));
        self.still(proof, &said)
    }

    /// The person as they are now; another one is nobody.
    fn still(&self, mut proof: Proof, said: &Said) -> Result<(Person, Proof), Failure> {
        let claims = &self.config.claims;
        let mut all = said.all.clone();
        all.entry(claims.id.clone()).or_insert_with(|| Value::String(proof.id.clone()));
        let person = claims.person(&all).filter(|person| person.id == proof.id);
        let mut person = person.ok_or(Failure::Refused)?;
        let silent = claims.groups(&all).is_none();
        if silent && proof.groups_in_id_token && !said.id_token {
            person.groups.clone_from(&proof.groups);
        }
        proof.groups.clone_from(&person.groups);
        Ok((person, proof))
    }

    /// Where somebody signs out of the provider itself (RP-Initiated Logout 1.0), if it says.
    pub async fn sign_out_address(&self) -> Option<String> {
        let known = self.known(false).await.ok()?;
        let address = known.sign_out?;
        let mut address = reqwest::Url::parse(&address).ok()?;
        address.query_pairs_mut().append_pair("client_id", &self.config.client_id);
        Some(address.into())
    }

    /// Its host, for people.
    #[must_use]
    pub fn host(&self) -> String {
        self.issuer.url().host_str().unwrap_or_default().to_owned()
    }

    /// The claims of the ID token, once everything about it was checked.
    async fn id_claims(
        &self,
        client: &OidcClient,
        answer: &TokenAnswer,
        nonce: Option<&Nonce>,
    ) -> Result<(SubjectIdentifier, Said), Failure> {
        match id_claims(client, answer, nonce) {
            // The provider's keys may be new.
            Err(_) => id_claims(&self.known(true).await?.client, answer, nonce),
            first => first,
        }
    }

    /// What the provider says to who has this token; `None` when it has no place to ask.
    async fn user_info(
        &self,
        client: &OidcClient,
        token: AccessToken,
        subject: &SubjectIdentifier,
    ) -> Result<Option<Map<String, Value>>, Failure> {
        let Ok(question) = client.user_info(token, Some(subject.clone())) else {
            return Ok(None);
        };
        let info: Result<UserInfo, _> =
            question.request_async::<Others, _, CoreGenderClaim>(&self.http).await;
        info.map(|info| Some(by_name(&info))).map_err(|error| match error {
            UserInfoError::Response(status, ..) if matches!(status.as_u16(), 400 | 401 | 403) => {
                Failure::Refused
            }
            UserInfoError::Request(error) => unavailable(&error),
            other => unusable(other),
        })
    }

    /// Its addresses and keys, from memory while they are not old.
    async fn known(&self, anew: bool) -> Result<Known, Failure> {
        let fresh = |known: &&Known| !anew && known.at.elapsed() < KNOWN_FOR;
        if let Some(known) = self.known.read().await.as_ref().filter(fresh) {
            return Ok(known.clone());
        }
        let found =
            ProviderMetadataWithLogout::discover_async(self.issuer.clone(), &self.http).await;
        let metadata = found.map_err(|error| match error {
            DiscoveryError::Request(error) => unavailable(&error),
            DiscoveryError::Response(status, ..) => {
                Failure::Unavailable(format!("its discovery document has HTTP status {status}"))
            }
            other => unusable(other),
        })?;
        let logout = metadata.additional_metadata().end_session_endpoint.clone();
        let secret = self.config.client_secret.as_ref();
        let client = OidcClient::from_provider_metadata(
            metadata,
            ClientId::new(self.config.client_id.clone()),
            secret.map(|secret| ClientSecret::new(secret.expose_secret().to_owned())),
        )
        .set_redirect_uri(self.redirect.clone());
        let (sign_out, at) = (logout.map(|url| url.to_string()), Instant::now());
        let known = Known { client: Arc::new(client), sign_out, at };
        *self.known.write().await = Some(known.clone());
        Ok(known)
    }
}

/// The claims of the ID token, checked with the keys that are known.
fn id_claims(
    client: &OidcClient,
    answer: &TokenAnswer,
    nonce: Option<&Nonce>,
) -> Result<(SubjectIdentifier, Said), Failure> {
    let token = answer.id_token();
    let token = token.ok_or_else(|| Failure::Unusable("there is no ID token".to_owned()))?;
    let verifier = client.id_token_verifier();
    let claims = match nonce {
        Some(nonce) => token.claims(&verifier, nonce),
        // The answer to a refresh need not repeat it (OpenID Connect Core 1.0, 12.2).
        None => token.claims(&verifier, |_: Option<&Nonce>| Ok(())),
    };
    let claims = claims.map_err(unusable)?;
    if let Some(expected) = claims.access_token_hash() {
        let algorithm = token.signing_alg().map_err(unusable)?;
        let key = token.signing_key(&verifier).map_err(unusable)?;
        let actual = AccessTokenHash::from_token(answer.access_token(), algorithm, key);
        if actual.map_err(unusable)? != *expected {
            return Err(Failure::Unusable("the access token is not that of the ID token".into()));
        }
    }
    Ok((claims.subject().clone(), Said { all: by_name(claims), id_token: true }))
}

type TokenError = RequestTokenError<HttpError, StandardErrorResponse<CoreErrorResponseType>>;

fn token_failure(error: TokenError) -> Failure {
    match error {
        RequestTokenError::ServerResponse(answer) => match answer.error() {
            CoreErrorResponseType::InvalidGrant => Failure::Refused,
            // The code of the error is the provider's; its description may hold anything.
            other => Failure::Unusable(format!("it answered {other}")),
        },
        RequestTokenError::Request(error) => unavailable(&error),
        RequestTokenError::Parse(..) => Failure::Unusable("its tokens cannot be read".to_owned()),
        RequestTokenError::Other(cause) => Failure::Unusable(cause),
    }
}

fn unavailable(error: &HttpError) -> Failure {
    Failure::Unavailable(error.to_string())
}

fn unusable(error: impl fmt::Display) -> Failure {
    Failure::Unusable(error.to_string())
}
