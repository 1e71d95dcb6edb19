//! What this process holds is read by nobody else: it is not written down when it dies, and no other program of the same user
//! may look into it.

/// Switches core dumps off. On Linux nobody but root may from now on read this process's memory and environment, or attach to
/// it; programs that it starts are not concerned. Where the system refuses that, the work goes on all the same.
pub fn guard_memory() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
    // The limit alone does not hold where the system hands a core dump to a program.
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
