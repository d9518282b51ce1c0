//! The gRPC service for people: the operator's commands, and sessions.

use proto::v1::{
    AddPersonRequest, AddPersonResponse, ChangePersonRequest, ChangePersonResponse,
    FindSessionRequest, FindSessionResponse, ListPeopleRequest, ListPeopleResponse, LocalPerson,
    SignInRequest, SignInResponse, SignOutRequest, SignOutResponse,
    change_person_request::Change,
    people_service_server::{PeopleService, PeopleServiceServer},
};
use tonic::{Request, Response, Status};

use super::internal;
use crate::{
    people::{Changed, People, Refused},
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

    async fn find_session(
        &self,
        request: Request<FindSessionRequest>,
    ) -> Result<Response<FindSessionResponse>, Status> {
        let FindSessionRequest { secret, active } = request.into_inner();
        let (person, form_key) = self.0.find(&secret, active).await.map_err(status)?;
        Ok(Response::new(FindSessionResponse { person: Some(wire(person)), form_key }))
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
    }
}

fn status(refused: Refused) -> Status {
    let sentence = refused.to_string();
    match refused {
        Refused::Invalid(_) => Status::invalid_argument(sentence),
        Refused::Unknown => Status::not_found(sentence),
        Refused::Taken => Status::already_exists(sentence),
        Refused::NotSignedIn => Status::unauthenticated(sentence),
        Refused::Unable => Status::unavailable(sentence),
        Refused::Database(error) => internal(error),
    }
}
