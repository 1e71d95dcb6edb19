//! The API versions that crosspull speaks, all in one place.

/// Microsoft.ContainerService. The operations used here have kept their shape since 2021-05-01; this one is old enough
/// for the national clouds as well.
pub(crate) const CONTAINER_SERVICE: &str = "2025-10-01";

/// Microsoft.ContainerService, for the node disruption policy, which is a preview.
pub(crate) const CONTAINER_SERVICE_PREVIEW: &str = "2026-04-02-preview";

/// Microsoft.ContainerRegistry. With an older stable version `roleAssignmentMode` is missing, and every registry looks as
/// if it were in legacy mode.
pub(crate) const CONTAINER_REGISTRY: &str = "2025-11-01";

/// Microsoft.Authorization. Conditions of role assignments are seen from 2022-04-01 on.
pub(crate) const AUTHORIZATION: &str = "2022-04-01";

/// Microsoft.Authorization, for permissions: the first version that tells the conditions of role assignments.
pub(crate) const AUTHORIZATION_CONDITIONS: &str = "2022-05-01-preview";

/// Microsoft.Authorization, for locks, which have versions of their own.
pub(crate) const LOCKS: &str = "2020-05-01";

/// Microsoft.Compute: usages of a region.
pub(crate) const COMPUTE: &str = "2024-07-01";

/// Microsoft.Network: public addresses and subnets.
pub(crate) const NETWORK: &str = "2024-05-01";

/// Microsoft.Resources: tenants and subscriptions.
pub(crate) const RESOURCES: &str = "2022-12-01";

/// `/metadata/endpoints` of Resource Manager.
pub(crate) const METADATA: &str = "2022-09-01";

/// Microsoft Graph's version, which is a path segment.
pub(crate) const GRAPH: &str = "v1.0";
