//! Parameters from the query and from a JSON or form body.

use axum::{
    body::Bytes,
    extract::{FromRequest, Query, Request},
    http::{HeaderMap, StatusCode, Uri, header},
};
use serde_json::{Map, Value, json};

use super::ApiError;

/// All parameters of a request; the body wins over the query.
#[derive(Debug, Default)]
pub(crate) struct Params(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let uri = request.uri().clone();
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, state).await.map_err(|_| malformed())?;
        Self::read(&uri, &headers, &body).ok_or_else(malformed)
    }
}

fn malformed() -> ApiError {
    let body = json!({ "error": "The message body does not match the declared format" });
    ApiError::body(StatusCode::BAD_REQUEST, body)
}

impl Params {
    /// Reads the parameters; none when the body is not what it says it is.
    pub(crate) fn read(uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let mut params = pairs(uri);
        let kind = headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if body.is_empty() {
            // Nothing to add.
        } else if kind.starts_with("application/json") {
            params.extend(serde_json::from_slice::<Map<String, Value>>(body).ok()?);
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            let text = std::str::from_utf8(body).ok()?;
            let form = Uri::builder().path_and_query(format!("/?{text}")).build().ok()?;
            params.extend(pairs(&form));
        }
        Some(Self(params))
    }

    /// A parameter that is there and not null.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        match self.get(name)? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        match self.text(name)?.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }
    }

    /// A list of numbers, as a JSON array or as repeated `name[]` fields.
    pub(crate) fn numbers(&self, name: &str) -> Option<Vec<u64>> {
        let value = self.get(name).or_else(|| self.get(&format!("{name}[]")))?;
        let one = |value: &Value| match value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        match value {
            Value::Array(items) => Some(items.iter().filter_map(one).collect()),
            single => Some(one(single).into_iter().collect()),
        }
    }
}

/// The pairs of a query; `name[]` collects its values.
fn pairs(uri: &Uri) -> Map<String, Value> {
    let mut found = Map::new();
    let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else {
        return found;
    };
    for (name, value) in pairs {
        if name.ends_with("[]") {
            let list = found.entry(name).or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(json!(value));
            }
        } else {
            found.insert(name, json!(value));
        }
    }
    found
}
