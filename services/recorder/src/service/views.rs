//! Filters that people keep under a name.

use proto::v1::{
    Caller as WireCaller, DeleteViewRequest, ListViewsResponse, SaveViewRequest, SavedView,
};
use tonic::Status;

use super::{Service, id_of, internal};

/// Most that one person keeps.
const VIEWS_MAX: u64 = 20;
const NAME_CHARS_MAX: usize = 60;
const QUERY_BYTES_MAX: usize = 2_000;

impl Service {
    /// The id of the person who asks, whose views these are.
    async fn owner(&self, said: Option<WireCaller>) -> Result<String, Status> {
        let person = self.caller(said).await?.person_id();
        person
            .ok_or_else(|| Status::permission_denied("only a person keeps views: say who you are"))
    }
}

pub(super) async fn list(
    service: &Service,
    caller: Option<WireCaller>,
) -> Result<ListViewsResponse, Status> {
    let owner = service.owner(caller).await?;
    let rows = service.store.views(&owner).await.map_err(internal)?;
    let view = |row: crate::store::saved_view::Model| SavedView {
        view_id: row.id.to_string(),
        name: row.name,
        query: row.query,
    };
    Ok(ListViewsResponse { views: rows.into_iter().map(view).collect() })
}

pub(super) async fn save(service: &Service, message: SaveViewRequest) -> Result<(), Status> {
    let owner = service.owner(message.caller).await?;
    let name = message.name.trim();
    let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count());
    if !fits || name.chars().any(char::is_control) {
        return Err(Status::invalid_argument("a name has 1 to 60 characters, on one line"));
    }
    if message.query.len() > QUERY_BYTES_MAX || message.query.contains('\0') {
        return Err(Status::invalid_argument("these filters are too long to keep"));
    }
    let kept = service.store.save_view(&owner, name, &message.query, VIEWS_MAX).await;
    match kept.map_err(internal)? {
        true => Ok(()),
        false => Err(Status::resource_exhausted("20 views are kept already; delete one first")),
    }
}

pub(super) async fn delete(service: &Service, message: DeleteViewRequest) -> Result<(), Status> {
    let owner = service.owner(message.caller).await?;
    let id = id_of(&message.view_id)?;
    service.store.delete_view(&owner, id).await.map_err(internal)
}
