//! What a tenant asks of those who sign in to it.

/// A tenant's rules for signing in, from a scenario or the admin endpoint.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in the portal too")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignInPolicy {
    /// Resource Manager takes no change from a person who signed in with a password alone.
    pub mfa_for_writes: bool,
    /// Nobody gets a token for a password alone.
    pub mfa_always: bool,
    /// Conditional Access: no sign-in with a code typed on another device.
    pub block_device_code: bool,
    /// Conditional Access: no sign-in on the authorize page.
    pub block_browser: bool,
    /// The network that people sit in lets nobody into this tenant.
    pub tenant_restrictions: bool,
    /// The tenant's own people may not be guests elsewhere.
    pub outbound_forbidden: bool,
    /// People of other tenants may not come in.
    pub inbound_forbidden: bool,
}
