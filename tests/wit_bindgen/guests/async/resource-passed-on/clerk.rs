//! Waits for jobs of another component, and passes them on.

use exports::meld::resource_passed_on::office::Guest;
use futures::future::join_all;
use meld::resource_passed_on::jobs::Job;
use std::cell::RefCell;
use wit_bindgen::{FutureReader, spawn_local};

wit_bindgen::generate!({ path: "resource-passed-on/world.wit", world: "clerk" });

struct Clerk;

thread_local! {
    static KEPT: RefCell<Option<Job>> = const { RefCell::new(None) };
}

impl Guest for Clerk {
    async fn settle(job: Job) -> u32 {
        job.wait().await
    }

    async fn look(job: &Job) -> u32 {
        job.wait().await
    }

    async fn sort(jobs: Vec<Job>) -> Vec<Job> {
        let values = join_all(jobs.iter().map(Job::wait)).await;
        let mut jobs: Vec<_> = values.into_iter().zip(jobs).collect();
        jobs.sort_by_key(|(value, _)| u32::MAX - value);
        jobs.into_iter().map(|(_, job)| job).collect()
    }

    async fn start(name: String, value: FutureReader<u32>) -> FutureReader<Job> {
        let (writer, reader) = wit_future::new(|| unreachable!());
        spawn_local(async move {
            let job = Job::new(&name);
            job.finish(value.await);
            writer.write(job).await.unwrap();
        });
        reader
    }

    fn keep(job: Job) {
        KEPT.replace(Some(job));
    }

    async fn give_back() -> Option<Job> {
        let job = KEPT.take()?;
        job.wait().await;
        Some(job)
    }
}

export!(Clerk);
