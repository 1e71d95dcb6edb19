//! Runs the program: its files, its environment, its output.

use std::{path::PathBuf, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    task::JoinHandle,
};

use crate::world::{SPEED, World};

/// Far more than anything takes: a test that hangs ends with the output so far.
const PATIENCE: Duration = Duration::from_mins(1);

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The system wrote the process's memory down when a signal killed it.
    pub(crate) core_dumped: bool,
}

impl Output {
    /// Fails the test, with all that was printed, where the program ended otherwise.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails the test where standard output does not say this.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.stdout.contains(words), "{words:?} is missing in\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// The objects of `--json`.
    pub(crate) fn objects(&self) -> Vec<serde_json::Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    }
}

/// A setup file to be edited: `table.key` and its value.
#[derive(Debug)]
pub(crate) struct SetupFile(toml::Table);

impl SetupFile {
    pub(crate) fn set(&mut self, key: &str, value: impl Into<toml::Value>) -> &mut Self {
        let (table, key) = self.place(key);
        table.insert(key.to_owned(), value.into());
        self
    }

    pub(crate) fn remove(&mut self, key: &str) -> &mut Self {
        let (table, key) = self.place(key);
        table.remove(key).unwrap_or_else(|| panic!("there is no {key} to remove"));
        self
    }

    pub(crate) fn edit(&mut self, key: &str, edit: impl FnOnce(&str) -> String) -> &mut Self {
        let (table, name) = self.place(key);
        let edited = edit(table[name].as_str().expect("a text"));
        self.set(key, edited)
    }

    fn place<'k>(&mut self, key: &'k str) -> (&mut toml::Table, &'k str) {
        let Some((table, key)) = key.split_once('.') else { return (&mut self.0, key) };
        let table = self.0.entry(table).or_insert_with(|| toml::Table::new().into());
        (table.as_table_mut().expect("a table"), key)
    }
}

impl World {
    /// A file beside the setups.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join("files");
        std::fs::create_dir_all(&folder).unwrap();
        folder.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The simulator's certificate; written once, since others may be reading it.
    pub(crate) fn ca_file(&self) -> PathBuf {
        let path = self.path("ca.pem");
        if path.exists() { path } else { self.write("ca.pem", self.sim.ca_pem()) }
    }

    /// The environment variable that holds an operator's secret.
    pub(crate) fn secret_variable(operator: &str) -> String {
        format!("{}_SECRET", operator.to_uppercase())
    }

    /// A setup file for a cluster of Contoso and a registry, made directly, with the replacement of nodes agreed to.
    pub(crate) fn setup_file(&self, cluster: &str, registry: &str, edit: impl FnOnce(&mut SetupFile)) -> PathBuf {
        let tenants = &self.sim.ready().tenants;
        let cluster_id =
            &tenants.iter().flat_map(|one| &one.clusters).find(|one| one.name == cluster).expect("the cluster").id;
        let (tenant, registry) = tenants
            .iter()
            .find_map(|tenant| Some((tenant, tenant.registries.iter().find(|one| one.name == registry)?)))
            .expect("the registry");
        let operator = if tenant.domain.starts_with("northwind") { "nora" } else { "ben" };
        let mut file = SetupFile(toml::Table::new());
        file.set("name", cluster)
            .set("cluster.tenant", "contoso.example")
            .set("cluster.id", cluster_id.as_str())
            .set("registry.tenant", tenant.domain.as_str())
            .set("registry.id", registry.id.as_str())
            .set("registry.image", "shop/web:1.4")
            .set("registry.provision", "direct")
            .set("options.confirm_node_replacement", true);
        for (table, operator) in [("cluster", "ana"), ("registry", operator)] {
            self.sign_in_as(&mut file, table, operator);
        }
        edit(&mut file);
        self.write(&format!("{cluster}-{}.toml", registry.name), &toml::to_string(&file.0).unwrap())
    }

    pub(crate) fn sign_in_as(&self, file: &mut SetupFile, table: &str, operator: &str) {
        file.set(&format!("{table}.sign_in"), "service-principal")
            .set(&format!("{table}.client_id"), self.operator(operator).client_id.to_string())
            .set(&format!("{table}.client_secret_env"), Self::secret_variable(operator));
    }

    /// The program with these arguments, told where the simulator and its own folder are.
    pub(crate) fn command<I: IntoIterator<Item: Into<String>>>(&self, args: I) -> Command {
        let mut command = self.bare_command(args);
        command.arg("--resource-manager").arg(&self.sim.ready().resource_manager);
        command.arg("--ca-file").arg(self.ca_file()).arg("--pace").arg(SPEED.to_string());
        command
    }

    /// The program with these arguments and its own folder, and no word of a cloud.
    pub(crate) fn bare_command<I: IntoIterator<Item: Into<String>>>(&self, args: I) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crosspull"));
        command.args(args.into_iter().map(Into::into)).arg("--data-dir").arg(self.folder.path());
        command.env_clear().env("HOME", self.folder.path());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        for operator in self.sim.ready().tenants.iter().flat_map(|tenant| &tenant.operators) {
            command.env(Self::secret_variable(&operator.name), &operator.client_secret);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Runs the program to its end.
    pub(crate) async fn crosspull<I: IntoIterator<Item: Into<String>>>(&self, args: I) -> Output {
        Running::of(self.command(args)).end().await
    }

    /// Starts the program.
    pub(crate) fn start<I: IntoIterator<Item: Into<String>>>(&self, args: I) -> Running {
        Running::of(self.command(args))
    }

    /// Applies a setup file to its end.
    pub(crate) async fn apply_file(&self, file: &std::path::Path) -> Output {
        self.crosspull(["apply", file.to_str().unwrap(), "--yes"]).await
    }
}

/// The program at work.
pub(crate) struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    stdout: String,
    stderr: JoinHandle<String>,
}

impl Running {
    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut errors = child.stderr.take().unwrap();
        let stderr = tokio::spawn(async move {
            let mut text = String::new();
            let _ = errors.read_to_string(&mut text).await;
            text
        });
        Self { child, lines, stdout: String::new(), stderr }
    }

    /// The next line that the program prints; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<String> {
        let line = self.lines.next_line().await.unwrap()?;
        self.stdout.push_str(&line);
        self.stdout.push('\n');
        Some(line)
    }

    /// Waits until the program prints a line with these words.
    pub(crate) async fn line(&mut self, words: &str) -> String {
        let found = tokio::time::timeout(PATIENCE, async {
            while let Some(line) = self.next().await {
                if line.contains(words) {
                    return Some(line);
                }
            }
            None
        });
        match found.await {
            Ok(Some(line)) => line,
            Ok(None) => {
                let errors = (&mut self.stderr).await.unwrap();
                panic!("no line with {words:?} in\n{}\n--- stderr\n{errors}", self.stdout)
            }
            Err(late) => panic!("no line with {words:?} in time ({late}), in\n{}", self.stdout),
        }
    }

    /// Sends a signal, by its name.
    pub(crate) async fn signal(&self, name: &str) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().await.unwrap().success());
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id().expect("it still runs")
    }

    /// Kills it, at once. Whether it was still alive.
    pub(crate) async fn kill(&mut self) -> bool {
        if self.child.try_wait().unwrap().is_some() {
            return false;
        }
        self.child.start_kill().unwrap();
        std::os::unix::process::ExitStatusExt::signal(&self.child.wait().await.unwrap()).is_some()
    }

    /// Waits for the end; a program that a signal has killed has the shell's code for it.
    pub(crate) async fn end(mut self) -> Output {
        let ended = tokio::time::timeout(PATIENCE, async {
            while self.next().await.is_some() {}
            self.child.wait().await.unwrap()
        });
        let Ok(status) = ended.await else { panic!("it does not end:\n{}", self.stdout) };
        let killed = std::os::unix::process::ExitStatusExt::signal(&status).map(|signal| 128 + signal);
        let code = status.code().or(killed).unwrap();
        let core_dumped = std::os::unix::process::ExitStatusExt::core_dumped(&status);
        Output { code, stdout: self.stdout, stderr: self.stderr.await.unwrap(), core_dumped }
    }
}

/// A text without its line breaks: where it holds a path, they depend on where the test's folder is.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What differs from run to run, for snapshots.
pub(crate) fn filters(world: &World) -> Vec<(String, &'static str)> {
    let folder = world.folder.path().to_string_lossy().into_owned();
    vec![
        // What another run has to be started with.
        (r" --resource-manager https://\S+ --ca-file \S+ --data-dir \S+ --pace \d+".to_owned(), " OPTIONS"),
        (folder, "FOLDER"),
        (r"localhost:\d+".to_owned(), "localhost:PORT"),
        (r"sha256:[0-9a-f]{64}".to_owned(), "sha256:DIGEST"),
        // The scenario's own ids begin with a digit that repeats; all others are made in the run.
        (r"\b(1{8}|2{8}|3{8})-([abc]{4}-4000-8000-[0-9a-f]{12})\b".to_owned(), "${1}_$2"),
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b".to_owned(), "UUID"),
        (r"\b(1{8}|2{8}|3{8})_([abc]{4}-4000)".to_owned(), "${1}-$2"),
        (r"\b\d{4}-\d\d-\d\d\b".to_owned(), "DATE"),
        (r"\b\d\d:\d\d(:\d\d)?\b".to_owned(), "TIME"),
        (r"(?m)^Plan( +)[0-9a-f]{16}$".to_owned(), "Plan${1}HASH"),
    ]
}

/// Compares what was shown with an inline snapshot.
macro_rules! shown {
    ($world:expr, $text:expr, @$snapshot:literal) => {{
        let text = $text;
        let mut settings = insta::Settings::clone_current();
        for (pattern, instead) in $crate::program::harness::filters(&$world) {
            settings.add_filter(&pattern, instead);
        }
        settings.bind(|| insta::assert_snapshot!(text, @$snapshot));
    }};
}
pub(crate) use shown;
