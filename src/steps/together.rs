//! Independent requests, in flight together: in order, and bounded, since ARM's token bucket refills with ten writes a
//! second.

use std::future::Future;

use futures::{StreamExt as _, TryStreamExt as _, stream};

const TOGETHER: usize = 8;

/// All outputs, in the order of the futures.
pub(super) async fn all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let futures: Vec<F> = futures.into_iter().collect();
    stream::iter(futures).buffered(TOGETHER).collect().await
}

/// All values, or the first error.
pub(super) async fn try_all<T, E, F>(futures: impl IntoIterator<Item = F>) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<T, E>>,
{
    let futures: Vec<F> = futures.into_iter().collect();
    stream::iter(futures).buffered(TOGETHER).try_collect().await
}
