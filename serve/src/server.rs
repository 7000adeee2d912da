//! The server: it listens, serves connections, and ends in order.
use crate::error::Error;
use crate::metrics::Metrics;
use crate::options::Options;
use crate::queue::Queue;
use crate::routes::router;
use crate::work::Shared;
use axum::Router;
use foveate::Model;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;

/// Most bytes of a request's head.
const MAX_HEAD: usize = 64 << 10;
/// How long it waits where the system has no more connections to give (files are used up).
const PAUSE: Duration = Duration::from_millis(100);

/// A server that listens and does not serve yet.
pub struct Server {
    listener: TcpListener,
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

impl Server {
    /// Listens, and starts the workers.
    ///
    /// # Errors
    /// An address that cannot be had, or one that others reach without a token.
    pub fn bind(model: Model, options: Options) -> Result<Self, Error> {
        check(&options)?;
        let address = options.address;
        let listen = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(listen)?;
        listener.set_nonblocking(true)?;
        let queue = Queue::new(options.queue);
        let workers = queue.start(options.workers)?;
        let started = SystemTime::now().duration_since(UNIX_EPOCH);
        let shared = Shared {
            model,
            queue,
            metrics: Metrics::default(),
            room: Arc::new(Semaphore::new(options.max_bodies)),
            started: started.map_or(0, |d| d.as_secs()),
            options,
        };
        Ok(Self {
            listener,
            shared: Arc::new(shared),
            workers,
        })
    }

    /// Where it listens; the port is the system's choice where 0 was asked for.
    ///
    /// # Errors
    /// Those of the system.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until SIGTERM or Ctrl-C comes, on threads of its own; a second one ends the grace.
    ///
    /// # Errors
    /// Where the system has no threads or no signals to give.
    pub fn run(self) -> Result<(), Error> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        // Bytes go in and out here; pictures are for the workers.
        let runtime = runtime.worker_threads(2).enable_all().build()?;
        let ended = runtime.block_on(async {
            let mut signals = Signals::new()?;
            self.serve(async move || signals.next().await).await
        });
        runtime.shutdown_background();
        ended
    }

    /// Serves until `stop` comes to an end; once more, and the grace is over.
    ///
    /// # Errors
    /// Where the listener cannot be used.
    pub async fn serve(self, mut stop: impl AsyncFnMut()) -> Result<(), Error> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let connections = Connections::new(&self.shared);
        {
            let mut stop = pin!(stop());
            while let Some(stream) = connections.accept(&listener, stop.as_mut()).await {
                connections.serve(stream);
            }
        }
        drop(listener);
        let grace = timeout(self.shared.options.grace, connections.graceful.shutdown());
        tokio::select! { _ = grace => {}, () = stop() => {} }
        self.shared.queue.close();
        let joined = tokio::task::spawn_blocking(move || {
            for worker in self.workers {
                let _ = worker.join(); // what its jobs said was told to their clients
            }
        });
        let _ = joined.await;
        Ok(())
    }
}

/// Refuses options that would leave the server open to others.
fn check(options: &Options) -> Result<(), Error> {
    match &options.token {
        None if !options.address.ip().is_loopback() => Err(Error::NoToken(options.address)),
        Some(token) if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) => {
            Err(Error::BadToken)
        }
        _ => Ok(()),
    }
}

/// The open connections.
struct Connections {
    http: http1::Builder,
    router: Router,
    graceful: GracefulShutdown,
    slots: Arc<Semaphore>,
    write_timeout: Duration,
}

impl Connections {
    fn new(shared: &Arc<Shared>) -> Self {
        let options = &shared.options;
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(options.header_timeout)
            .max_buf_size(MAX_HEAD);
        Self {
            http,
            router: router(shared.clone()),
            graceful: GracefulShutdown::new(),
            slots: Arc::new(Semaphore::new(options.connections.max(1))),
            write_timeout: options.write_timeout,
        }
    }

    /// The next connection, once there is room for one; `None` when the server is to stop.
    async fn accept(
        &self,
        listener: &tokio::net::TcpListener,
        mut stop: std::pin::Pin<&mut impl Future<Output = ()>>,
    ) -> Option<TcpStream> {
        loop {
            let next = async {
                let _room = self.slots.acquire().await;
                listener.accept().await
            };
            let accepted = tokio::select! { next = next => next, () = &mut stop => return None };
            match accepted {
                Ok((stream, _)) => return Some(stream),
                Err(_) => sleep(PAUSE).await,
            }
        }
    }

    fn serve(&self, stream: TcpStream) {
        // `accept` saw that there is room, and nobody else takes any.
        let slot = self.slots.clone().try_acquire_owned();
        let _ = stream.set_nodelay(true); // slower, and right all the same
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.write_timeout));
        let service = TowerToHyperService::new(self.router.clone());
        let stream = TokioIo::new(Box::pin(stream));
        let connection = self.http.serve_connection(stream, service);
        let connection = self.graceful.watch(connection);
        tokio::spawn(async move {
            let _ = connection.await; // whoever broke it off is gone
            drop(slot);
        });
    }
}

/// What ends the server from outside.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            terminate: {
                use tokio::signal::unix::{SignalKind, signal};
                signal(SignalKind::terminate())?
            },
        })
    }

    /// Waits for the next one.
    async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    }
}
