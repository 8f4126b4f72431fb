//! A program that knows the Workload API through the crate `spiffe` only. It obeys standard input
//! with the words of the Java workload beside it: one command a line, answered by "ok key=value …"
//! or "error …"; what a stream brings is a line "event …".

use std::error::Error;
use std::time::Duration;

use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use spiffe::{
    JwtSource, JwtSvid, WorkloadApiClient, X509Bundle, X509Context, X509Source, X509Svid,
};
use time::format_description::well_known::Rfc3339;
use tokio::io::{AsyncBufReadExt, BufReader};
use x509_parser::prelude::{FromDer, X509Certificate};

/// Longer than any test waits for a first SVID.
const PATIENCE: Duration = Duration::from_secs(20);

type Answer = Result<String, Box<dyn Error>>;

/// Opens its sources at the first question and keeps them, as a real program does.
struct Workload {
    address: String,
    client: WorkloadApiClient,
    x509: Option<X509Source>,
    jwt: Option<JwtSource>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("no address given")?;
    let client = WorkloadApiClient::connect_to(&address).await?;
    let mut workload = Workload {
        address,
        client,
        x509: None,
        jwt: None,
    };
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let words: Vec<&str> = line.split_whitespace().collect();
        match tokio::time::timeout(PATIENCE, workload.obey(&words)).await {
            Ok(Ok(answer)) => say(&format!("ok {answer}")),
            Ok(Err(error)) => say(&format!("error {error}")),
            Err(_) => say("error no answer in time"),
        }
    }
    Ok(())
}

fn say(line: &str) {
    println!("{}", line.replace('\n', " "));
}

impl Workload {
    async fn obey(&mut self, words: &[&str]) -> Answer {
        match words {
            ["x509"] => text(&*self.x509_source().await?.svid()?),
            ["watch"] => self.watch(),
            ["bundles"] => self.bundles().await,
            ["jwt", audience] => self.token(audience).await,
            ["validate", audience, token] => self.validate(audience, token).await,
            _ => Err(format!("no such command: {}", words.join(" ")).into()),
        }
    }

    async fn x509_source(&mut self) -> Result<&X509Source, Box<dyn Error>> {
        if self.x509.is_none() {
            let source = X509Source::builder()
                .endpoint(&self.address)
                .build()
                .await?;
            self.x509 = Some(source);
        }
        Ok(self.x509.as_ref().expect("opened above"))
    }

    async fn jwt_source(&mut self) -> Result<&JwtSource, Box<dyn Error>> {
        if self.jwt.is_none() {
            let source = JwtSource::builder().endpoint(&self.address).build().await?;
            self.jwt = Some(source);
        }
        Ok(self.jwt.as_ref().expect("opened above"))
    }

    /// What a stream of its own brings, until it ends.
    fn watch(&self) -> Answer {
        let client = self.client.clone();
        tokio::spawn(async move {
            match client.stream_x509_contexts().await {
                Ok(mut contexts) => {
                    while let Some(context) = contexts.next().await {
                        say_event(context.map_err(Into::into).and_then(|it| default_text(&it)));
                    }
                }
                Err(error) => say_event(Err(error.into())),
            }
        });
        Ok(String::new())
    }

    /// The trust domains of both bundle sets, and what is in our own bundle.
    async fn bundles(&mut self) -> Answer {
        let source = self.x509_source().await?;
        let own = source.svid()?.spiffe_id().trust_domain().clone();
        let x509 = source.bundle_set()?;
        let roots = x509.get(&own).ok_or("no X.509 bundle of our own")?;
        let jwt = self.jwt_source().await?.bundle_set()?;
        let keys = jwt.get(&own).ok_or("no JWT bundle of our own")?;
        Ok(format!(
            "x509={} jwt={} x509-domains={} jwt-domains={}",
            digests(&roots),
            joined(keys.jwt_authorities().map(|it| it.key_id().to_owned())),
            joined(x509.iter().map(|(domain, _)| domain.to_string())),
            joined(jwt.iter().map(|(domain, _)| domain.to_string())),
        ))
    }

    async fn token(&mut self, audience: &str) -> Answer {
        let svid = self.jwt_source().await?.fetch_jwt_svid(&[audience]).await?;
        Ok(format!("id={} token={}", svid.spiffe_id(), svid.token()))
    }

    async fn validate(&mut self, audience: &str, token: &str) -> Answer {
        let there = self.client.validate_jwt_token(audience, token).await?;
        let here = JwtSvid::parse_and_validate(token, self.jwt_source().await?, &[audience])?;
        Ok(format!(
            "id={} agent={}",
            here.spiffe_id(),
            there.spiffe_id()
        ))
    }
}

fn say_event(line: Answer) {
    match line {
        Ok(text) => say(&format!("event {text}")),
        Err(error) => say(&format!(
            "event error={}",
            error.to_string().replace(' ', "_")
        )),
    }
}

fn default_text(context: &X509Context) -> Answer {
    text(context.default_svid().ok_or("no SVID came")?)
}

fn text(svid: &X509Svid) -> Answer {
    let (_, leaf) = X509Certificate::from_der(svid.leaf().as_bytes())?;
    Ok(format!(
        "id={} serial={:x} not-after={} chain={}",
        svid.spiffe_id(),
        leaf.serial,
        leaf.validity().not_after.to_datetime().format(&Rfc3339)?,
        svid.cert_chain().len()
    ))
}

fn digests(bundle: &X509Bundle) -> String {
    joined(
        bundle
            .authorities()
            .iter()
            .map(|it| format!("{:x}", Sha256::digest(it.as_bytes()))),
    )
}

fn joined(words: impl Iterator<Item = String>) -> String {
    let mut sorted: Vec<String> = words.collect();
    sorted.sort();
    sorted.join(",")
}
