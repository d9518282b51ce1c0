//! The gRPC service for people: the operator's commands, and sessions.

use proto::v1::{
    AddPersonRequest, AddPersonResponse, BeginCheckRequest, BeginCheckResponse,
    BeginSessionRequest, BeginSessionResponse, ChangePersonRequest, ChangePersonResponse,
    EndCheckRequest, EndCheckResponse, FindSessionRequest, FindSessionResponse, ListPeopleRequest,
    ListPeopleResponse, LocalPerson, SignInRequest, SignInResponse, SignOutRequest,
    SignOutResponse,
    change_person_request::Change,
    people_service_server::{PeopleService, PeopleServiceServer},
};
use tonic::{Request, Response, Status};

use super::internal;
use crate::{
    people::{Changed, People, Provided, Refused},
    store::person,
};

/// Longest text about a person, in characters, and most groups.
pub(super) const TEXT_CHARS_MAX: usize = 255;
pub(super) const WHY_CHARS_MAX: usize = 4_000;
const GROUPS_MAX: usize = 50;

/// Answers about people.
#[derive(Debug, Clone)]
pub(super) struct Answers(People);

/// The service, to be served.
pub(super) fn server(people: People) -> PeopleServiceServer<Answers> {
    PeopleServiceServer::new(Answers(people)).max_decoding_message_size(64 * 1024)
}

#[tonic::async_trait]
impl PeopleService for Answers {
    async fn add_person(
        &self,
        request: Request<AddPersonRequest>,
    ) -> Result<Response<AddPersonResponse>, Status> {
        let AddPersonRequest { person, password, operator } = request.into_inner();
        let person = person.unwrap_or_default();
        let row = person::Model {
            id: person.id,
            name: text(&person.name, TEXT_CHARS_MAX),
            email: Some(text(&person.email, TEXT_CHARS_MAX)).filter(|email| !email.is_empty()),
            groups: serde_json::to_string(&groups(&person.groups)?).unwrap_or_default(),
            password_hash: String::new(),
            disabled_at: None,
            created_at: 0,
            password_changed_at: 0,
            issuer: None,
        };
        if row.name.is_empty() {
            return Err(Status::invalid_argument("a person needs a name"));
        }
        let added = self.0.add(row, password, &by(&operator)?).await.map_err(status)?;
        Ok(Response::new(AddPersonResponse { person: Some(wire(added)) }))
    }

    async fn list_people(
        &self,
        request: Request<ListPeopleRequest>,
    ) -> Result<Response<ListPeopleResponse>, Status> {
        let limit = Some(u64::from(request.get_ref().limit)).filter(|limit| *limit > 0);
        let people = self.0.list(limit).await.map_err(status)?;
        Ok(Response::new(ListPeopleResponse { people: people.into_iter().map(wire).collect() }))
    }

    async fn change_person(
        &self,
        request: Request<ChangePersonRequest>,
    ) -> Result<Response<ChangePersonResponse>, Status> {
        let ChangePersonRequest { id, operator, reason, change } = request.into_inner();
        let why = text(&reason, WHY_CHARS_MAX);
        let changed = match change {
            Some(Change::Disabled(true)) if why.is_empty() => {
                return Err(Status::invalid_argument("say why they may not sign in any more"));
            }
            Some(Change::Disabled(disabled)) => Changed::Disabled(disabled),
            Some(Change::Password(password)) => Changed::Password(password),
            Some(Change::Groups(new)) => Changed::Groups(groups(&new.groups)?),
            None => return Err(Status::invalid_argument("say what changes")),
        };
        let person = self.0.change(&id, changed, &by(&operator)?, &why).await.map_err(status)?;
        Ok(Response::new(ChangePersonResponse { person: Some(wire(person)) }))
    }

    async fn sign_in(
        &self,
        request: Request<SignInRequest>,
    ) -> Result<Response<SignInResponse>, Status> {
        let SignInRequest { id, password } = request.into_inner();
        let (secret, person) = self.0.sign_in(&id, password).await.map_err(status)?;
        Ok(Response::new(SignInResponse { secret, person: Some(wire(person)) }))
    }

    async fn begin_session(
        &self,
        request: Request<BeginSessionRequest>,
    ) -> Result<Response<BeginSessionResponse>, Status> {
        let BeginSessionRequest { secret, person, proof } = request.into_inner();
        let person = provided(person.unwrap_or_default())?;
        self.0.begin_provided(&secret, person, proof).await.map_err(status)?;
        Ok(Response::new(BeginSessionResponse {}))
    }

    async fn begin_check(
        &self,
        request: Request<BeginCheckRequest>,
    ) -> Result<Response<BeginCheckResponse>, Status> {
        let BeginCheckRequest { secret, since } = request.into_inner();
        let since = proto::micros(since.as_ref()).unwrap_or(i64::MAX);
        let begun = self.0.begin_check(&secret, since).await.map_err(status)?;
        Ok(Response::new(BeginCheckResponse { begun }))
    }

    async fn end_check(
        &self,
        request: Request<EndCheckRequest>,
    ) -> Result<Response<EndCheckResponse>, Status> {
        let EndCheckRequest { secret, person, proof } = request.into_inner();
        let person = person.map(provided).transpose()?;
        self.0.end_check(&secret, person, proof).await.map_err(status)?;
        Ok(Response::new(EndCheckResponse {}))
    }

    async fn find_session(
        &self,
        request: Request<FindSessionRequest>,
    ) -> Result<Response<FindSessionResponse>, Status> {
        let FindSessionRequest { secret, active } = request.into_inner();
        let (person, session) = self.0.find(&secret, active).await.map_err(status)?;
        Ok(Response::new(FindSessionResponse {
            person: Some(wire(person)),
            form_key: session.form_key,
            proof: session.proof.unwrap_or_default(),
            checked_at: session.checked_at.map(proto::timestamp),
        }))
    }

    async fn sign_out(
        &self,
        request: Request<SignOutRequest>,
    ) -> Result<Response<SignOutResponse>, Status> {
        self.0.sign_out(&request.get_ref().secret).await.map_err(status)?;
        Ok(Response::new(SignOutResponse {}))
    }
}

pub(super) fn text(text: &str, chars_max: usize) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(chars_max).collect()
}

pub(super) fn by(operator: &str) -> Result<String, Status> {
    let operator = text(operator, TEXT_CHARS_MAX);
    match operator.is_empty() {
        true => Err(Status::invalid_argument("say who does it")),
        false => Ok(operator),
    }
}

/// Somebody, as their provider says. The id is taken as it is: a changed one would be somebody else.
fn provided(person: LocalPerson) -> Result<Provided, Status> {
    let LocalPerson { id, name, email, groups, issuer, .. } = person;
    if id.chars().count() > TEXT_CHARS_MAX || id.chars().any(char::is_control) {
        return Err(Status::invalid_argument("the id of a person is longer than 255 characters"));
    }
    let groups = groups.iter().map(|group| text(group, TEXT_CHARS_MAX));
    Ok(Provided {
        id,
        name: text(&name, TEXT_CHARS_MAX),
        email: Some(text(&email, TEXT_CHARS_MAX)).filter(|email| !email.is_empty()),
        groups: groups.filter(|group| !group.is_empty()).collect(),
        issuer: text(&issuer, TEXT_CHARS_MAX),
    })
}

fn groups(groups: &[String]) -> Result<Vec<String>, Status> {
    if groups.len() > GROUPS_MAX {
        return Err(Status::invalid_argument("a person has at most 50 groups"));
    }
    let groups = groups.iter().map(|group| text(group, TEXT_CHARS_MAX));
    Ok(groups.filter(|group| !group.is_empty()).collect())
}

fn wire(row: person::Model) -> LocalPerson {
    LocalPerson {
        id: row.id,
        name: row.name,
        email: row.email.unwrap_or_default(),
        groups: serde_json::from_str(&row.groups).unwrap_or_default(),
        disabled_at: row.disabled_at.map(proto::timestamp),
        created_at: Some(proto::timestamp(row.created_at)),
        password_changed_at: Some(proto::timestamp(row.password_changed_at)),
        issuer: row.issuer.unwrap_or_default(),
    }
}

fn status(refused: Refused) -> Status {
    let sentence = refused.to_string();
    match refused {
        Refused::Invalid(_) => Status::invalid_argument(sentence),
        Refused::Unknown => Status::not_found(sentence),
        Refused::Taken => Status::already_exists(sentence),
        Refused::Provided(_) => Status::failed_precondition(sentence),
        Refused::NotSignedIn => Status::unauthenticated(sentence),
        Refused::Unable => Status::unavailable(sentence),
        Refused::Database(error) => internal(error),
    }
}
