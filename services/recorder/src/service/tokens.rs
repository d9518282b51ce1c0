//! The gRPC service for tokens: the operator's commands, and what a secret may do.

use proto::v1::{
    ApiToken, CreateTokenRequest, CreateTokenResponse, FindTokenRequest, FindTokenResponse,
    ListTokensRequest, ListTokensResponse, RevokeTokenRequest, RevokeTokenResponse,
    token_service_server::{TokenService, TokenServiceServer},
};
use tonic::{Request, Response, Status};

use super::{
    internal,
    people::{TEXT_CHARS_MAX, WHY_CHARS_MAX, by, text},
};
use crate::{
    store::api_token,
    tokens::{Refused, Tokens, Wanted},
};

/// Answers about tokens.
#[derive(Debug, Clone)]
pub(super) struct Answers(Tokens);

/// The service, to be served.
pub(super) fn server(tokens: Tokens) -> TokenServiceServer<Answers> {
    TokenServiceServer::new(Answers(tokens)).max_decoding_message_size(64 * 1024)
}

#[tonic::async_trait]
impl TokenService for Answers {
    async fn create_token(
        &self,
        request: Request<CreateTokenRequest>,
    ) -> Result<Response<CreateTokenResponse>, Status> {
        let message = request.into_inner();
        let CreateTokenRequest { source, scopes, projects, days, .. } = message;
        let (note, operator) = (text(&message.note, TEXT_CHARS_MAX), by(&message.operator)?);
        let wanted = Wanted { source, scopes, projects, note, days, operator };
        let (secret, row) = self.0.create(wanted).await.map_err(status)?;
        Ok(Response::new(CreateTokenResponse { token: Some(wire(row)), secret }))
    }

    async fn list_tokens(
        &self,
        _request: Request<ListTokensRequest>,
    ) -> Result<Response<ListTokensResponse>, Status> {
        let tokens = self.0.list().await.map_err(status)?;
        Ok(Response::new(ListTokensResponse { tokens: tokens.into_iter().map(wire).collect() }))
    }

    async fn revoke_token(
        &self,
        request: Request<RevokeTokenRequest>,
    ) -> Result<Response<RevokeTokenResponse>, Status> {
        let RevokeTokenRequest { token_id, operator, reason } = request.into_inner();
        let why = text(&reason, WHY_CHARS_MAX);
        if why.is_empty() {
            return Err(Status::invalid_argument("say why the token is revoked"));
        }
        let row = self.0.revoke(&token_id, &by(&operator)?, &why).await.map_err(status)?;
        Ok(Response::new(RevokeTokenResponse { token: Some(wire(row)) }))
    }

    async fn find_token(
        &self,
        request: Request<FindTokenRequest>,
    ) -> Result<Response<FindTokenResponse>, Status> {
        let row = self.0.find(&request.get_ref().secret).await.map_err(status)?;
        Ok(Response::new(FindTokenResponse { token: Some(wire(row)) }))
    }
}

fn wire(row: api_token::Model) -> ApiToken {
    ApiToken {
        token_id: row.id,
        source: row.source,
        scopes: serde_json::from_str(&row.scopes).unwrap_or_default(),
        projects: serde_json::from_str(&row.projects).unwrap_or_default(),
        note: row.note,
        created_by: row.created_by,
        created_at: Some(proto::timestamp(row.created_at)),
        expires_at: Some(proto::timestamp(row.expires_at)),
        revoked_at: row.revoked_at.map(proto::timestamp),
        used_at: row.used_at.map(proto::timestamp),
    }
}

fn status(refused: Refused) -> Status {
    let sentence = refused.to_string();
    match refused {
        Refused::Invalid(_) => Status::invalid_argument(sentence),
        Refused::Unknown => Status::not_found(sentence),
        Refused::Revoked => Status::failed_precondition(sentence),
        Refused::NotOurs => Status::unauthenticated(sentence),
        Refused::Unable => Status::unavailable(sentence),
        Refused::Database(error) => internal(error),
    }
}
