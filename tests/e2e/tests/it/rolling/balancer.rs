//! What stands in front of replicas in a cluster: new connections go to those that say they are
//! ready, connections that are there are left alone.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// How often each is asked whether it is ready.
const POLL: Duration = Duration::from_millis(100);

/// A replica as the balancer knows it.
pub struct Replica {
    /// Where it takes requests.
    pub api: SocketAddr,
    /// Where it tells its health.
    pub readyz: String,
}

/// Balances until it is dropped.
pub struct Balancer {
    backends: Arc<Backends>,
    _tasks: JoinSet<()>,
}

struct Backends {
    replicas: Vec<Replica>,
    ready: Vec<AtomicBool>,
    next: AtomicUsize,
}

impl Balancer {
    /// Listens there.
    pub async fn start(listen: SocketAddr, replicas: Vec<Replica>) -> Self {
        let ready = replicas.iter().map(|_| AtomicBool::default()).collect();
        let backends = Arc::new(Backends {
            replicas,
            ready,
            next: AtomicUsize::default(),
        });
        let listener = TcpListener::bind(listen).await.unwrap();
        let mut tasks = JoinSet::new();
        for at in 0..backends.replicas.len() {
            tasks.spawn(watch(Arc::clone(&backends), at));
        }
        tasks.spawn(accept(listener, Arc::clone(&backends)));
        Self {
            backends,
            _tasks: tasks,
        }
    }

    /// Whether this replica said so when it was last asked.
    pub fn is_ready(&self, at: usize) -> bool {
        self.backends.ready[at].load(Ordering::Relaxed)
    }
}

impl Backends {
    /// The ready ones, another first each time.
    fn choose(&self) -> impl Iterator<Item = SocketAddr> {
        let (count, first) = (
            self.replicas.len(),
            self.next.fetch_add(1, Ordering::Relaxed),
        );
        (0..count)
            .map(move |at| (first + at) % count)
            .filter(|at| self.ready[*at].load(Ordering::Relaxed))
            .map(|at| self.replicas[at].api)
    }
}

async fn watch(backends: Arc<Backends>, at: usize) {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(1))
        .build()
        .unwrap();
    loop {
        let ready = match client.get(&backends.replicas[at].readyz).send().await {
            Ok(answer) => answer.status().is_success(),
            // A machine that is busy says nothing of this replica.
            Err(error) if error.is_timeout() => backends.ready[at].load(Ordering::Relaxed),
            Err(_) => false,
        };
        backends.ready[at].store(ready, Ordering::Relaxed);
        tokio::time::sleep(POLL).await;
    }
}

async fn accept(listener: TcpListener, backends: Arc<Backends>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else {
            continue;
        };
        while connections.try_join_next().is_some() {}
        let backends = Arc::clone(&backends);
        connections.spawn(async move { pass(client, &backends).await });
    }
}

/// Without a ready replica the connection is closed, as a cluster refuses it.
async fn pass(mut client: TcpStream, backends: &Backends) {
    for address in backends.choose() {
        if let Ok(mut replica) = TcpStream::connect(address).await {
            drop((client.set_nodelay(true), replica.set_nodelay(true)));
            drop(copy_bidirectional(&mut client, &mut replica).await);
            return;
        }
    }
}
