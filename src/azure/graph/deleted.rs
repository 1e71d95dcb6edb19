//! The recycle bin, where a deleted app keeps its names for thirty days.

use reqwest::Method;

use super::{Application, Graph};
use crate::{
    azure::{
        Result,
        api::{found, odata},
        http::Call,
        pages::Pages,
    },
    domain::{AppId, ObjectId},
};

/// Which deleted apps are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeletedFilter {
    /// All of them.
    All,
    /// With this client id.
    AppId(AppId),
    /// With this `uniqueName`.
    UniqueName(String),
}

impl Graph {
    /// Apps in the recycle bin.
    pub fn deleted_applications(&self, filter: &DeletedFilter) -> Pages<Application> {
        let segments = ["directory", "deletedItems", "microsoft.graph.application"];
        let select = ("$select", "id,appId,displayName,uniqueName,tags,deletedDateTime,createdDateTime");
        let filter = match filter {
            DeletedFilter::All => None,
            DeletedFilter::AppId(app) => Some(format!("appId eq {}", odata(&app.to_string()))),
            DeletedFilter::UniqueName(name) => Some(format!("uniqueName eq {}", odata(name))),
        };
        let url = match &filter {
            None => self.url(segments, &[select]),
            Some(filter) => self.url(segments, &[select, ("$filter", filter), ("$count", "true")]),
        };
        let tried = "look into the recycle bin of app registrations";
        let pages = Pages::new(self.api.clone(), "graph.deletedItems.list", tried, url);
        // Filters on deleted objects are of the advanced kind, which Graph wants to be asked for like this.
        if filter.is_some() { pages.header("consistencylevel", "eventual") } else { pages }
    }

    /// Brings an app back from the recycle bin.
    pub async fn restore_application(&self, id: ObjectId) -> Result<()> {
        let url = self.url(["directory", "deletedItems", &id.to_string(), "restore"], &[]);
        let tried = "bring the app registration back from the recycle bin";
        let call = Call::new("graph.deletedItems.restore", tried, Method::POST, url).idempotent();
        self.api.send(call).await.map(drop)
    }

    /// Removes an app from the recycle bin for good; `false` where it was not there.
    pub async fn purge_application(&self, id: ObjectId) -> Result<bool> {
        let url = self.url(["directory", "deletedItems", &id.to_string()], &[]);
        let tried = "remove the app registration from the recycle bin";
        let call = Call::new("graph.deletedItems.delete", tried, Method::DELETE, url);
        Ok(found(self.api.send(call).await)?.is_some())
    }
}
