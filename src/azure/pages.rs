//! Lists that come page by page.

use std::{collections::HashSet, marker::PhantomData};

use serde::{Deserialize, de::DeserializeOwned};
use url::Url;

use super::{
    ErrorKind, Result,
    api::{Api, nullable},
    http::{Call, Response},
};

/// A list that ends nowhere is not read for ever.
const MOST_PAGES: usize = 10_000;

/// A list of `T`, one request a page. Holds one page at a time.
pub struct Pages<T> {
    api: Api,
    operation: &'static str,
    tried: String,
    next: Option<Url>,
    seen: HashSet<Url>,
    headers: Vec<(&'static str, &'static str)>,
    page: PhantomData<fn() -> T>,
}

#[derive(Deserialize)]
struct Page<T> {
    value: Vec<T>,
    #[serde(rename = "nextLink", default, deserialize_with = "nullable")]
    next_link: String,
    #[serde(rename = "@odata.nextLink", default, deserialize_with = "nullable")]
    odata_next_link: String,
}

impl<T: DeserializeOwned> Pages<T> {
    pub(crate) fn new(api: Api, operation: &'static str, tried: impl Into<String>, first: Url) -> Self {
        Self {
            api,
            operation,
            tried: tried.into(),
            next: Some(first),
            seen: HashSet::new(),
            headers: Vec::new(),
            page: PhantomData,
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The next page; `None` after the last one. A page that failed for a passing reason can be asked for again.
    pub async fn next(&mut self) -> Option<Result<Vec<T>>> {
        let url = self.next.clone()?;
        let result = self.fetch(&url).await;
        match &result {
            Ok(_) => {}
            Err(error) if error.repeatable() => self.next = Some(url),
            Err(_) => self.next = None,
        }
        Some(result)
    }

    /// Every item; an error where there are more than `at_most`.
    pub async fn all(mut self, at_most: usize) -> Result<Vec<T>> {
        let mut items = Vec::new();
        while let Some(page) = self.next().await {
            items.extend(page?);
            if items.len() > at_most {
                let message = format!("there are more than {at_most} of them");
                return Err(self.call(self.api.url([], &[])).error(ErrorKind::Malformed, message));
            }
        }
        Ok(items)
    }

    fn call(&self, url: Url) -> Call {
        self.headers
            .iter()
            .fold(Call::get(self.operation, self.tried.clone(), url), |call, (name, value)| call.header(name, value))
    }

    async fn fetch(&mut self, url: &Url) -> Result<Vec<T>> {
        let response = self.api.send(self.call(url.clone())).await?;
        self.take(&response, url)
    }

    /// Takes the page at `url` in: its items, and the link to the page after it.
    pub(crate) fn take(&mut self, response: &Response, url: &Url) -> Result<Vec<T>> {
        let page: Page<T> = response.json()?;
        self.seen.insert(url.clone());
        self.next = self.following(response, url, &page)?;
        Ok(page.value)
    }

    /// Where the page after the last one is.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn link(&self) -> Option<&Url> {
        self.next.as_ref()
    }

    fn following(&self, response: &Response, from: &Url, page: &Page<T>) -> Result<Option<Url>> {
        let link = [&page.next_link, &page.odata_next_link].into_iter().find(|link| !link.trim().is_empty());
        let Some(link) = link else { return Ok(None) };
        let malformed = |message: &str| response.error(ErrorKind::Malformed, message);
        let next = from.join(link.trim()).map_err(|_| malformed("the link to the next page is no address"))?;
        // That the link stays on the service's host is checked where a token would be sent.
        if self.seen.contains(&next) {
            return Err(malformed("the list leads back to a page that was read already"));
        }
        if self.seen.len() >= MOST_PAGES {
            return Err(malformed("the list does not end"));
        }
        Ok(Some(next))
    }
}

#[cfg(test)]
mod tests;
