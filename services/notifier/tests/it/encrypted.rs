//! A real SMTP server that encrypts, by STARTTLS and from the first byte, with a certificate from an
//! authority that the system does not know.

use std::{fs, path::PathBuf, sync::Arc};

use desk_testkit::eventually;
use mailin_embedded::SslConfig;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use crate::{
    facts::{AGENT, heard, reply},
    post_office::{PostOffice, settings},
    stack::Stack,
};

/// An authority, and the certificate that it gave to the server at 127.0.0.1.
struct Certificates(TempDir);

impl Certificates {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority =
            CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let server = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let server = server.signed_by(&key, &authority).unwrap();
        for (name, pem) in [
            ("authority", authority.pem()),
            ("server", server.pem()),
            ("key", key.serialize_pem()),
        ] {
            fs::write(folder.path().join(name), pem).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn for_starttls(&self) -> SslConfig {
        let path = |name| self.path(name).display().to_string();
        SslConfig::SelfSigned {
            cert_path: path("server"),
            key_path: path("key"),
        }
    }

    fn acceptor(&self) -> TlsAcceptor {
        let certificate = CertificateDer::from_pem_file(self.path("server")).unwrap();
        let key = PrivateKeyDer::from_pem_file(self.path("key")).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// A door in front of a server, encrypted from the first byte; answers its URL.
async fn door(office: &PostOffice, acceptor: TlsAcceptor) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtps://{}", listener.local_addr().unwrap());
    let behind = office.url().trim_start_matches("smtp://");
    let behind = behind.trim_end_matches("?tls=none").to_owned();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            // Who does not trust the certificate goes away.
            if let Ok(mut client) = acceptor.accept(client).await {
                let mut server = TcpStream::connect(&behind).await.unwrap();
                drop(copy_bidirectional(&mut client, &mut server).await);
            }
        }
    });
    url
}

/// A mail goes to the server if its authority is trusted, and not else.
async fn trust_decides(office: &PostOffice, url: &str, certificates: &Certificates) {
    let doubtful = Stack::start().await;
    doubtful.hear(&[heard(reply(7, 2, AGENT))]).await;
    doubtful.send_by(&settings(url, None).open().unwrap());
    eventually(|| async {
        let row = &doubtful.deliveries(7).await[0];
        let why = row["error"].as_str();
        row["state"] == "queued" && why.is_some_and(|why| why.contains("certificate"))
    })
    .await;
    assert!(office.mails().is_empty());

    let trusting = Stack::start().await;
    trusting.hear(&[heard(reply(7, 2, AGENT))]).await;
    let authority = Some(certificates.path("authority"));
    trusting.send_by(&settings(url, authority).open().unwrap());
    trusting.settled().await;
    let row = &trusting.deliveries(7).await[0];
    assert_eq!(row["state"], "sent", "{row}");
    assert_eq!(office.mails().len(), 1);
    assert!(office.mails()[0].contains("words of message 2"));
}

#[tokio::test]
async fn starttls_by_an_authority_of_ones_own() {
    let certificates = Certificates::new();
    let office = PostOffice::open_encrypting(certificates.for_starttls());
    trust_decides(&office, office.url(), &certificates).await;
}

#[tokio::test]
async fn tls_from_the_first_byte_by_an_authority_of_ones_own() {
    let certificates = Certificates::new();
    let office = PostOffice::open();
    let url = door(&office, certificates.acceptor()).await;
    trust_decides(&office, &url, &certificates).await;
}

#[tokio::test]
async fn a_file_without_a_certificate_stops_the_start() {
    let certificates = Certificates::new();
    for (file, starts) in [("authority", true), ("key", false), ("nowhere", false)] {
        let opened = settings("smtps://127.0.0.1", Some(certificates.path(file))).open();
        assert_eq!(opened.is_ok(), starts, "{file}");
    }
}
