//! The wizard against a simulator in the test's own process.

use super::pty::Program;
use crate::world::{SPEED, World};

impl World {
    /// The program with these arguments in a terminal, told where the simulator and its own folder are.
    pub(crate) fn wizard<const N: usize>(&self, args: [&str; N]) -> Program {
        let mut program = Program::crosspull(self.folder.path())
            .args(args)
            .args(["--resource-manager", &self.sim.ready().resource_manager])
            .arg("--ca-file")
            .arg(self.ca_file())
            .args(["--pace", &SPEED.to_string()]);
        for operator in self.sim.ready().tenants.iter().flat_map(|tenant| &tenant.operators) {
            // As setup files name it, and as answers do that a test makes.
            for name in [Self::secret_variable(&operator.name), operator.name.to_uppercase()] {
                program = program.env(&name, &operator.client_secret);
            }
        }
        program
    }
}
