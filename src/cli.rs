//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, builder::TypedValueParser as _};
use url::Url;

use crate::domain::{AppId, ImageReference, StepId, cloud::KnownCloud};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  an error of crosspull or of this machine
  2  wrong usage, or answers that do not fit
  3  refused before anything was changed: the preflight found what cannot work
  4  a person has to act first; go on with `crosspull resume`
  5  Azure refused, or could not be reached, or the sign-in failed
  6  interrupted; go on with `crosspull resume`
  7  another process holds the setup";

/// Connects an AKS cluster in one Microsoft Entra tenant to a container registry in another.
#[derive(Debug, Parser)]
#[command(name = "crosspull", version, after_long_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    /// What to do; without a command, the wizard begins.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What holds for every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The address of Azure Resource Manager, for a custom cloud or the simulator
    #[arg(long, global = true, env = "CROSSPULL_RESOURCE_MANAGER", value_name = "URL", value_parser = https_url())]
    pub resource_manager: Option<Url>,
    /// Certificates to trust beside the system's own
    #[arg(long, global = true, env = "CROSSPULL_CA_FILE", value_name = "PEM")]
    pub ca_file: Option<PathBuf>,
    /// The Azure cloud [default: public]
    #[arg(
        long,
        global = true,
        env = "CROSSPULL_CLOUD",
        value_name = "CLOUD",
        conflicts_with = "resource_manager",
        hide_possible_values = true,
        help = "The Azure cloud: public, usgov or china [default: public]"
    )]
    pub cloud: Option<CloudName>,
    /// Where setups are kept
    #[arg(long, global = true, env = "CROSSPULL_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The app that people sign in to with a browser or a code [default: the Azure CLI's]
    #[arg(long, global = true, env = "CROSSPULL_CLIENT_ID", value_name = "ID")]
    pub client_id: Option<AppId>,
    /// Write a log to this file (never secrets)
    #[arg(long, global = true, env = "CROSSPULL_LOG", value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// How many times faster the waits are, against a simulator on this machine
    #[arg(long, global = true, env = "CROSSPULL_PACE", value_name = "X", value_parser = speed, hide = true)]
    pub pace: Option<f64>,
    /// Show each request
    #[arg(long, global = true, env = "CROSSPULL_VERBOSE", value_parser = clap::builder::FalseyValueParser::new())]
    pub verbose: bool,
    /// Keep the secret for the nodes in this machine's keychain as well, so that a resume needs no new one; with =no, ask no
    /// keychain [default: in memory only]
    #[arg(
        long,
        global = true,
        env = "CROSSPULL_KEYCHAIN",
        value_name = "YES|NO",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "yes",
        hide_possible_values = true
    )]
    pub keychain: Option<YesNo>,
    #[command(flatten)]
    pub screen: Screen,
}

/// A yes or a no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum YesNo {
    #[value(alias = "1", alias = "true")]
    Yes,
    #[value(alias = "0", alias = "false")]
    No,
}

/// How the wizard looks.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The wizard")]
pub struct Screen {
    /// Draw with ASCII characters alone
    #[arg(long, global = true, env = "CROSSPULL_ASCII", value_parser = clap::builder::FalseyValueParser::new())]
    pub ascii: bool,
    /// The terminal's ground: auto, dark, light, or none for no colours at all [default: auto]
    #[arg(
        long,
        global = true,
        env = "CROSSPULL_THEME",
        value_name = "THEME",
        default_value = "auto",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub theme: Theme,
    /// Take the mouse: click and wheel work, and selecting text needs Shift
    #[arg(long, global = true, env = "CROSSPULL_MOUSE", value_parser = clap::builder::FalseyValueParser::new())]
    pub mouse: bool,
    /// For a shared screen: no other setups or tenants, and no secret shown
    #[arg(long, global = true, env = "CROSSPULL_SHARED", value_parser = clap::builder::FalseyValueParser::new())]
    pub shared: bool,
}

/// The terminal's ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Theme {
    Auto,
    Dark,
    Light,
    None,
}

/// A cloud that is known by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CloudName {
    Public,
    #[value(name = "usgov")]
    UsGov,
    China,
}

impl From<CloudName> for KnownCloud {
    fn from(name: CloudName) -> Self {
        match name {
            CloudName::Public => Self::Public,
            CloudName::UsGov => Self::UsGov,
            CloudName::China => Self::China,
        }
    }
}

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Look, and show what a setup file would do; changes nothing
    Plan(PlanArgs),
    /// Do what a setup file says
    Apply(ApplyArgs),
    /// Go on with a setup that was begun; in a terminal the wizard opens
    Resume(ResumeArgs),
    /// Take back what a setup has made, while the cluster has not been changed
    Undo(UndoArgs),
    /// List the setups of this machine
    List(ListArgs),
    /// Show one setup: what is done, what waits, what failed
    Show(ShowArgs),
    /// Remove a setup's records from this machine; changes nothing in Azure
    Forget(ForgetArgs),
    /// Write what was done, for both companies (Markdown)
    Report(ReportArgs),
    /// Say what a code or an error means, who can help, and what to do; asks no service
    Explain(ExplainArgs),
    /// Serve a pretended Azure on this machine
    Simulate(SimulateArgs),
    /// Try crosspull against a pretended Azure
    Demo(DemoArgs),
}

const PLAN_EXAMPLES: &str = "\
Examples:
  crosspull plan shop.toml                what would be done, and what stands in the way
  crosspull plan shop.toml --json         the same for a program
A setup file for a registry of another company:
  name = \"shop\"
  [cluster]
  id = \"/subscriptions/.../managedClusters/shop-prod\"
  sign_in = \"azure-cli\"
  [registry]
  tenant = \"fabrikam.example\"
  login_server = \"fabrikamimages.azurecr.io\"
  image = \"shop/web:1.4\"
  sign_in = \"none\"
With sign_in = \"none\" the registry's side is handed over to its own admin.";

const APPLY_EXAMPLES: &str = "\
Examples:
  crosspull apply shop.toml               shows the plan, asks, and does it
  crosspull apply shop.toml --yes --confirm-nodes shop-prod
                                          asks nothing, and replaces every node of shop-prod
  crosspull apply shop.toml --yes --wait 0
                                          leaves at once, with exit code 4, where a person has to act";

const RESUME_EXAMPLES: &str = "\
Examples:
  crosspull resume                        goes on with the setup that is open
  crosspull resume shop                   goes on with one of several; crosspull list names them
  crosspull resume shop --confirm-nodes shop-prod
                                          agrees that every node of shop-prod is replaced";

#[derive(Debug, Clone, Args)]
#[command(after_long_help = PLAN_EXAMPLES)]
pub struct PlanArgs {
    /// The setup file (TOML)
    pub file: PathBuf,
    #[command(flatten)]
    pub json: Json,
}

#[derive(Debug, Clone, Args)]
#[command(after_long_help = APPLY_EXAMPLES)]
pub struct ApplyArgs {
    /// The setup file (TOML)
    pub file: PathBuf,
    #[command(flatten)]
    pub yes: Yes,
    #[command(flatten)]
    pub json: Json,
    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Debug, Clone, Args)]
#[command(after_long_help = RESUME_EXAMPLES)]
pub struct ResumeArgs {
    /// The setup's name or id; may be left out when one setup is open
    pub setup: Option<String>,
    #[command(flatten)]
    pub yes: Yes,
    #[command(flatten)]
    pub json: Json,
    /// Lines of text instead of the wizard
    #[arg(long)]
    pub plain: bool,
    #[command(flatten)]
    pub run: RunArgs,
    /// This step is done by somebody's word, since it cannot be seen from here: consent, registry-role or probe
    #[arg(long, value_name = "STEP")]
    pub vouch: Option<Vouch>,
    /// Another image for the proof, REPOSITORY:TAG, as long as none has been pulled
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<ImageReference>,
}

/// How a run goes on by itself.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// How long to wait for a person before leaving with exit code 4
    /// [default: 600, or 20 when the registry's side is handed over]
    #[arg(long, value_name = "SECONDS")]
    pub wait: Option<u64>,
    /// The cluster's name: agrees that every node of it is replaced
    #[arg(long, value_name = "CLUSTER")]
    pub confirm_nodes: Option<String>,
}

/// How long to wait for a person where nothing is said and somebody is signed in on the registry's side.
pub const WAIT: u64 = 600;

/// The same where the registry's side is handed over: another company's admin is days away, and what they have done shows
/// within a few looks.
const WAIT_HANDED_OVER: u64 = 20;

impl RunArgs {
    /// How long to wait for a person, in seconds; 0 is one look.
    pub fn wait_seconds(&self, handed_over: bool) -> u64 {
        self.wait.unwrap_or(if handed_over { WAIT_HANDED_OVER } else { WAIT })
    }
}

/// A step that can be done where crosspull cannot see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Vouch {
    Consent,
    RegistryRole,
    Probe,
}

impl From<Vouch> for StepId {
    fn from(vouch: Vouch) -> Self {
        match vouch {
            Vouch::Consent => Self::Consent,
            Vouch::RegistryRole => Self::RegistryRole,
            Vouch::Probe => Self::Probe,
        }
    }
}

#[derive(Debug, Clone, Args)]
pub struct UndoArgs {
    /// The setup's name or id
    pub setup: String,
    #[command(flatten)]
    pub yes: Yes,
    #[command(flatten)]
    pub json: Json,
}

#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    #[command(flatten)]
    pub json: Json,
}

#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// The setup's name or id
    pub setup: String,
    #[command(flatten)]
    pub json: Json,
}

#[derive(Debug, Clone, Args)]
pub struct ForgetArgs {
    /// The setup's name or id
    pub setup: String,
    #[command(flatten)]
    pub yes: Yes,
}

#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    /// The setup's name or id
    pub setup: String,
    #[command(flatten)]
    pub json: Json,
}

/// What to explain.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXPLAIN_EXAMPLES)]
pub struct ExplainArgs {
    /// A code, such as CP-405 or AADSTS50020, or any text with an error in it; without one, or with -, standard input is
    /// read
    pub text: Vec<String>,
    /// List all codes
    #[arg(long, conflicts_with = "text")]
    pub list: bool,
    #[command(flatten)]
    pub json: Json,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  crosspull explain CP-405
  crosspull explain AADSTS50020
  crosspull explain < error.txt
  kubectl describe pod web-0 | crosspull explain
Exits with 0 when the error is known, and with 2 when it is not.";

#[derive(Debug, Clone, Args)]
pub struct SimulateArgs {
    /// The port to listen on, on this machine only; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,
    /// A scenario's name, or a file with one
    #[arg(long, value_name = "NAME|FILE")]
    pub scenario: Option<String>,
    #[command(flatten)]
    pub speed: Speed,
    /// The name in the addresses instead of localhost, to try a proxy that knows this name for this machine
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    pub host_name: Option<String>,
    /// How long an access token lives [default: the scenario's]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub token_life: Option<u32>,
    /// Write the addresses to this file once everything answers
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Lines of text instead of the full screen
    #[arg(long)]
    pub plain: bool,
    /// A scenario's name, or a file with one; without it the wizard lets you choose
    #[arg(long, value_name = "NAME")]
    pub scenario: Option<String>,
    /// How many times faster than Azure
    #[arg(long, value_name = "X", default_value_t = 20.0, value_parser = speed)]
    pub speed: f64,
}

#[derive(Debug, Clone, Copy, Args)]
pub struct Json {
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, Args)]
pub struct Yes {
    /// Do not ask (the replacement of nodes is still asked for)
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Clone, Copy, Args)]
pub struct Speed {
    /// How many times faster than Azure
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "a number belongs here, such as 20".to_owned())?;
    // Beyond this the pretended delays are shorter than what a request takes.
    if (1.0..=10_000.0).contains(&speed) { Ok(speed) } else { Err("a number from 1 to 10000 belongs here".to_owned()) }
}

fn host_name(text: &str) -> Result<String, String> {
    match url::Host::parse(text) {
        Ok(url::Host::Domain(name)) if !name.contains('*') => Ok(name),
        _ => Err("a host name belongs here, such as azure.test".to_owned()),
    }
}

/// Tokens go to this address: nothing but https is taken, and no user name in it.
fn https_url() -> impl clap::builder::TypedValueParser<Value = Url> {
    clap::builder::StringValueParser::new().try_map(|text| {
        let wrong = "an https:// address without user name, query and fragment belongs here";
        let url = Url::parse(&text).map_err(|_| wrong)?;
        let plain =
            url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        if url.scheme() == "https" && url.has_host() && plain { Ok(url) } else { Err(wrong) }
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parsed(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn commands_take_what_they_need() {
        for line in [
            "crosspull",
            "crosspull plan setup.toml --json",
            "crosspull apply setup.toml --yes --json --wait 5 --confirm-nodes shop-prod",
            "crosspull resume",
            "crosspull resume shop --vouch registry-role --wait 0",
            "crosspull undo shop --yes",
            "crosspull list --json",
            "crosspull show shop",
            "crosspull forget shop --yes",
            "crosspull report shop --json",
            "crosspull explain",
            "crosspull explain CP-405 --json",
            "crosspull explain --list",
            "crosspull explain -",
            "crosspull explain --json the client has no right",
            "crosspull simulate --port 4433 --scenario small --speed 20 --ready-file ready.json",
            "crosspull simulate --host-name azure.test",
            "crosspull demo --plain --scenario small --speed 2.5",
            "crosspull list --cloud usgov --data-dir /tmp/x --log x.log --verbose",
            "crosspull apply setup.toml --keychain --yes",
            "crosspull --keychain resume shop",
            "crosspull resume shop --keychain=no",
            "crosspull --resource-manager https://localhost:4433/ --ca-file ca.pem list",
        ] {
            assert!(parsed(line).is_ok(), "{line}: {}", parsed(line).unwrap_err());
        }
    }

    #[test]
    fn the_commands_that_do_the_work_show_examples_that_can_be_typed() {
        for name in ["plan", "apply", "resume", "explain"] {
            let mut command = Cli::command();
            let help = command.find_subcommand_mut(name).unwrap().render_long_help().to_string();
            let examples: Vec<&str> = help
                .lines()
                .filter_map(|line| line.strip_prefix("  crosspull "))
                .map(|line| line.split("   ").next().unwrap_or_default().split(" <").next().unwrap_or_default())
                .collect();
            assert!(examples.len() >= 2, "{name}: {help}");
            for example in examples {
                assert!(parsed(&format!("crosspull {example}")).is_ok(), "{name}: {example}");
            }
            assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for line in [
            "crosspull plan",
            "crosspull undo",
            "crosspull resume shop --vouch proof",
            "crosspull forget shop --json",
            "crosspull explain CP-405 --list",
            "crosspull simulate --speed 0",
            "crosspull simulate --speed nan",
            "crosspull simulate --host-name *.azure.test",
            "crosspull simulate --host-name 10.0.0.1",
            "crosspull apply --keychain setup.toml --keychain=perhaps",
            "crosspull list --cloud germany",
            "crosspull list --cloud china --resource-manager https://localhost",
            "crosspull list --resource-manager http://localhost",
            "crosspull list --resource-manager https://user:password@localhost",
        ] {
            let error = parsed(line).expect_err(line);
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn an_option_behind_the_text_is_no_part_of_it() {
        let Some(Command::Explain(args)) = parsed("crosspull explain CP-405 --json").unwrap().command else { panic!() };
        assert_eq!((args.text, args.json.json), (vec!["CP-405".to_owned()], true));
    }

    #[test]
    fn waiting_for_a_person_depends_on_who_it_is() {
        let Some(Command::Apply(args)) = parsed("crosspull apply a.toml").unwrap().command else { panic!() };
        assert_eq!((args.run.wait_seconds(false), args.run.wait_seconds(true)), (600, 20));
        let Some(Command::Apply(args)) = parsed("crosspull apply a.toml --wait 7").unwrap().command else { panic!() };
        assert_eq!((args.run.wait_seconds(false), args.run.wait_seconds(true)), (7, 7));
    }

    #[test]
    fn each_global_option_can_come_from_the_environment() {
        let command = Cli::command();
        let variables: Vec<String> = command
            .get_arguments()
            .filter_map(|argument| argument.get_env().map(|name| name.to_string_lossy().into_owned()))
            .collect();
        assert_eq!(
            variables,
            [
                "RESOURCE_MANAGER",
                "CA_FILE",
                "CLOUD",
                "DATA_DIR",
                "CLIENT_ID",
                "LOG",
                "PACE",
                "VERBOSE",
                "KEYCHAIN",
                "ASCII",
                "THEME",
                "MOUSE",
                "SHARED",
            ]
            .map(|name| format!("CROSSPULL_{name}"))
        );
    }

    #[test]
    fn the_long_help_names_the_exit_codes() {
        let help = Cli::command().render_long_help().to_string();
        for code in 0..=7 {
            assert!(help.contains(&format!("\n  {code}  ")), "{help}");
        }
    }
}
