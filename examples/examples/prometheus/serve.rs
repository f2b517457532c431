//! A server on which no client waits for another.

use std::convert::Infallible;
use std::error::Error;
use std::future::ready;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use dcgm_examples::complain;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// How many clients are served at a time. More wait until one has gone.
const CLIENTS: usize = 64;
/// How long a client may take, from connecting to having read the answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What answers.
pub(crate) trait Page:
    Fn(&Method, &str) -> Response<Full<Bytes>> + Send + Sync + 'static
{
}

impl<F: Fn(&Method, &str) -> Response<Full<Bytes>> + Send + Sync + 'static> Page for F {}

/// Serves until SIGINT or SIGTERM.
pub(crate) fn until_told<P: Page>(listen: SocketAddr, page: P) -> Result<(), Box<dyn Error>> {
    let page = Arc::new(page);
    let (stop, stopped) = mpsc::channel();
    ctrlc::set_handler(move || {
        // If nobody waits for it, this ends already.
        let _ = stop.send(());
    })?;
    // A scrape on one thread leaves the other to the probes.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let listener = runtime
        .block_on(TcpListener::bind(listen))
        .map_err(|error| format!("--listen {listen}: {error}"))?;
    complain(&format!(
        "serving http://{}/metrics",
        listener.local_addr()?
    ));
    runtime.spawn(accept(listener, page));
    stopped.recv()?;
    // Takes the tasks along, and with them the page.
    drop(runtime);
    Ok(())
}

async fn accept<P: Page>(listener: TcpListener, page: Arc<P>) {
    let places = Arc::new(Semaphore::new(CLIENTS));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let Ok((client, _)) = listener.accept().await else {
            // Too many open files, perhaps: until some are closed, that would be all it says.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let page = Arc::clone(&page);
        tokio::spawn(async move {
            let answer = service_fn(|request: Request<Incoming>| {
                ready(Ok::<_, Infallible>(page(
                    request.method(),
                    request.uri().path(),
                )))
            });
            let serving = http1::Builder::new()
                .keep_alive(false)
                .serve_connection(TokioIo::new(client), answer);
            // A client that is too slow, or gone, is no concern of the others.
            let _ = timeout(PATIENCE, serving).await;
            drop(place);
        });
    }
}
