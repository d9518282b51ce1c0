//! A database for each story: a file, or a database of its own in a PostgreSQL cluster that all
//! stories of a run share.

use std::{
    fs::File,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use kit::child::Guarded;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// Which database a story is told on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// The database of one story.
#[derive(Debug)]
pub struct StoryDatabase {
    /// Its address, as the product takes it.
    pub url: String,
    /// One connection for all checks of the story: the cluster is shared, and its places are few.
    connection: OnceCell<DatabaseConnection>,
}

impl StoryDatabase {
    /// An empty database; a file goes into the folder.
    pub async fn new(kind: Kind, folder: &Path) -> Self {
        let url = match kind {
            Kind::Sqlite => format!("sqlite://{}/story.db", folder.display()),
            Kind::Postgres => {
                let port = cluster_port();
                let name = format!("story_{}", uuid::Uuid::new_v4().simple());
                let server = format!("postgres://countersign@127.0.0.1:{port}");
                let admin = Database::connect(format!("{server}/postgres")).await.unwrap();
                admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
                admin.close().await.unwrap();
                format!("{server}/{name}")
            }
        };
        Self { url, connection: OnceCell::new() }
    }

    /// The connection for checks, opened when it is first asked for.
    pub async fn connection(&self) -> &DatabaseConnection {
        let connect = async || {
            let mut options = ConnectOptions::new(&self.url);
            options.max_connections(1);
            Database::connect(options).await.unwrap()
        };
        self.connection.get_or_init(connect).await
    }

    pub(crate) async fn forgets_everything(&mut self) {
        if let Some(file) = self.url.strip_prefix("sqlite://") {
            self.connection = OnceCell::new();
            for end in ["", "-wal", "-shm"] {
                // There is no log after a clean stop.
                let _absent = std::fs::remove_file(format!("{file}{end}"));
            }
            return;
        }
        let sql = "DROP SCHEMA public CASCADE; CREATE SCHEMA public";
        self.connection().await.execute_unprepared(sql).await.unwrap();
    }

    /// Closes the connection for checks.
    pub async fn close(&self) {
        if let Some(connection) = self.connection.get() {
            connection.close_by_ref().await.unwrap();
        }
    }
}

#[derive(Debug)]
struct Cluster {
    _server: Guarded,
    _folder: TempDir,
    /// Held as long as the cluster is needed. A static is never dropped: the next run removes it.
    _in_use: File,
    port: u16,
}

/// How the folders of clusters begin.
const FOLDERS: &str = "countersign-pg-";

static CLUSTER: Mutex<Option<Cluster>> = Mutex::new(None);

/// The port of the cluster, which the first story that needs it starts.
fn cluster_port() -> u16 {
    let mut cluster = CLUSTER.lock().unwrap_or_else(PoisonError::into_inner);
    cluster.get_or_insert_with(start_cluster).port
}

/// Removes the clusters of earlier runs.
fn clean_up() {
    let folders = std::fs::read_dir(std::env::temp_dir()).unwrap().filter_map(Result::ok);
    for folder in folders.filter(|it| it.file_name().to_string_lossy().starts_with(FOLDERS)) {
        let lock = File::open(folder.path().join("in-use"));
        if lock.is_ok_and(|file| file.try_lock().is_ok()) {
            // Another run may be doing the same.
            let _removed = std::fs::remove_dir_all(folder.path());
        }
    }
}

fn start_cluster() -> Cluster {
    clean_up();
    let folder = tempfile::Builder::new().prefix(FOLDERS).tempdir().unwrap();
    let in_use = File::create(folder.path().join("in-use")).unwrap();
    in_use.lock().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    // PostgreSQL refuses to run as root.
    let user = account_for_postgres();
    if let Some((uid, gid)) = user {
        std::os::unix::fs::chown(&data, Some(uid), Some(gid)).unwrap();
    }
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o700)).unwrap();
    let mut initdb = command("initdb", user);
    initdb.args([
        "-A",
        "trust",
        "-U",
        "countersign",
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C",
        "-D",
    ]);
    let made = initdb.arg(&data).output().expect("initdb cannot be run: see `make setup`");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let port = bus::embedded::free_port().unwrap();
    let mut postgres = command("postgres", user);
    postgres.arg("-D").arg(&data).args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k", ""]);
    postgres.args(["-c", "max_connections=300", "-c", "shared_buffers=64MB"]);
    postgres.stdout(Stdio::null()).stderr(Stdio::null());
    let server = Guarded::spawn(postgres).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < deadline, "PostgreSQL did not open its port");
        std::thread::sleep(Duration::from_millis(10));
    }
    Cluster { _server: server, _folder: folder, _in_use: in_use, port }
}

fn command(program: &str, user: Option<(u32, u32)>) -> Command {
    let program = match std::env::var_os("PG_BIN") {
        Some(folder) => PathBuf::from(folder).join(program),
        None => program.into(),
    };
    let mut command = Command::new(program);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.current_dir("/").stdin(Stdio::null());
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

/// For root: the ids of the account `postgres`, or of `nobody`.
fn account_for_postgres() -> Option<(u32, u32)> {
    let root = std::fs::metadata("/proc/self").is_ok_and(|us| {
        use std::os::unix::fs::MetadataExt;
        us.uid() == 0
    });
    if !root {
        return None;
    }
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap();
    let ids = |name: &str| {
        let line = accounts.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        let mut parts = line.split(':').skip(2);
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    };
    Some(ids("postgres").or_else(|| ids("nobody")).expect("no account to run PostgreSQL under"))
}
