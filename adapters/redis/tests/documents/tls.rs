//! Servers that speak TLS, with certificates made for the test.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyport_ports::documents::Documents as _;
use anyport_ports::resources::Provision as _;
use anyport_ports::{Error, ErrorKind};
use anyport_redis::{RedisSettings, RedisStore};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

use crate::server::Server;
use crate::{ORDERS, by_state, key, put, resources};

/// Set in the process that one of the tests starts: where its server is.
const SERVER_OF_THE_TEST: &str = "ANYPORT_TEST_TLS_SERVER";

/// A CA that trusts nobody but the servers it has named.
struct Ca {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Ca {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, format!("CA {}", uuid::Uuid::new_v4()));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The settings with which a server on this port says it is `name`.
    fn certify(&self, name: &str, port: u16) -> Vec<String> {
        let leaf = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&leaf, &self.issuer).unwrap();
        let written = |name: &str, text: String| {
            let file = self.folder.path().join(name);
            std::fs::write(&file, text).unwrap();
            file.display().to_string()
        };
        let (certificate, leaf) = (written("leaf.pem", certificate.pem()), written("leaf.key", leaf.serialize_pem()));
        let ca = self.file().display().to_string();
        let port = port.to_string();
        let settings = [
            ["--tls-port", &port],
            ["--tls-cert-file", &certificate],
            ["--tls-key-file", &leaf],
            ["--tls-ca-cert-file", &ca],
            ["--tls-auth-clients", "no"],
        ];
        settings.concat().into_iter().map(str::to_owned).collect()
    }
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn settings(port: u16, ca_file: &Path) -> RedisSettings {
    RedisSettings::at(format!("rediss://:s3cret@127.0.0.1:{port}")).trusting(ca_file)
}

async fn writes_and_reads(store: &RedisStore) {
    store.provision(&resources(vec![by_state()])).await.unwrap();
    let version = store.put(&ORDERS, &key("a"), &put("open", "1")).await.unwrap();
    assert_eq!(store.get(&ORDERS, &key("a")).await.unwrap().unwrap().version, version);
}

async fn refused(settings: &RedisSettings) -> Error {
    let began = Instant::now();
    let error = RedisStore::connect(settings).await.unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(3), "{error}: after {:?}", began.elapsed());
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    error
}

/// A port that leads to another, and how often it was taken.
async fn counted(to: u16) -> (u16, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, taken) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&taken);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut server = tokio::net::TcpStream::connect(("127.0.0.1", to)).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
        }
    });
    (port, taken)
}

#[tokio::test]
async fn a_server_of_a_private_ca_is_read_and_written_over_tls() {
    let (ca, port) = (Ca::new(), free_port());
    let mut server = Server::start_with("s3cret", &ca.certify("127.0.0.1", port));
    let store = RedisStore::connect(&settings(port, &ca.file())).await.unwrap();
    writes_and_reads(&store).await;

    // Connections that are made anew trust the same.
    std::fs::remove_file(ca.file()).unwrap();
    std::fs::write(ca.file(), ca.issuer.pem()).unwrap();
    server.stop();
    assert_eq!(store.get(&ORDERS, &key("a")).await.unwrap_err().kind(), ErrorKind::Unavailable);
    server.start_again();
    assert!(store.get(&ORDERS, &key("a")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_cluster_is_spoken_to_over_tls() {
    let (ca, port) = (Ca::new(), free_port());
    let mut arguments = ca.certify("127.0.0.1", port);
    let bus = free_port().to_string();
    let cluster = ["--cluster-enabled", "yes", "--tls-cluster", "yes", "--cluster-port", &bus];
    arguments.extend(cluster.map(str::to_owned));
    let server = Server::start_with("s3cret", &arguments);
    server.ask::<()>(redis::cmd("CLUSTER").arg("ADDSLOTSRANGE").arg(0).arg(16383));
    crate::until("the cluster serves its slots", async || {
        server.ask::<String>(redis::cmd("CLUSTER").arg("INFO")).contains("cluster_state:ok")
    })
    .await;
    let store = RedisStore::connect(&settings(port, &ca.file()).clustered(true)).await.unwrap();
    writes_and_reads(&store).await;

    let error = refused(&settings(port, &Ca::new().file()).clustered(true)).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
}

#[tokio::test]
async fn a_certificate_of_another_ca_or_name_is_refused_once() {
    let (ca, other) = (Ca::new(), Ca::new());
    for (name, trusted, cause) in
        [("127.0.0.1", &other, "UnknownIssuer"), ("elsewhere.example", &ca, "not valid for name")]
    {
        let port = free_port();
        let _server = Server::start_with("s3cret", &ca.certify(name, port));
        let (port, taken) = counted(port).await;
        let error = refused(&settings(port, &trusted.file())).await;
        assert_eq!((error.kind(), taken.load(Ordering::SeqCst)), (ErrorKind::Unavailable, 1), "{error:?}");
        let told = error.to_string();
        assert!(told.contains("certificate is not trusted") && told.contains("ca_file"), "{told}");
        assert!(format!("{error:?}").contains(cause), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_unavailable() {
    let server = Server::start("s3cret");
    let url = server.url("s3cret").replace("redis://", "rediss://");
    let error = refused(&RedisSettings::at(url).trusting(Ca::new().file())).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(error.to_string().contains("TLS"), "{error}");
}

/// In a process of its own, as the variable counts for all of it.
#[tokio::test]
async fn the_ca_that_the_environment_names_is_trusted() {
    if let Ok(url) = std::env::var(SERVER_OF_THE_TEST) {
        return writes_and_reads(&RedisStore::connect(&RedisSettings::at(url)).await.unwrap()).await;
    }
    let (ca, port) = (Ca::new(), free_port());
    let _server = Server::start_with("s3cret", &ca.certify("127.0.0.1", port));
    for (file, trusted) in [(ca.file(), true), (Ca::new().file(), false)] {
        let ended = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tls::the_ca_that_the_environment_names_is_trusted"])
            .env("SSL_CERT_FILE", file)
            .env_remove("SSL_CERT_DIR")
            .env(SERVER_OF_THE_TEST, format!("rediss://:s3cret@127.0.0.1:{port}"))
            .output()
            .unwrap();
        assert_eq!(ended.status.success(), trusted, "{}", String::from_utf8_lossy(&ended.stdout));
        let ran = String::from_utf8_lossy(&ended.stdout).into_owned();
        assert!(ran.contains("running 1 test"), "{ran}");
    }
}
