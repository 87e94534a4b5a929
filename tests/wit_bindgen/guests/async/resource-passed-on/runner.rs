//! Has a component wait for jobs that another one made.

use futures::join;
use meld::resource_passed_on::{
    jobs::{self, Job},
    office,
};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

wit_bindgen::generate!({ path: "resource-passed-on/world.wit", world: "runner" });

struct Runner;

async fn begin<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

impl Guest for Runner {
    async fn run() {
        let job = Job::new("lent");
        let mut look = Box::pin(office::look(&job));
        assert!(begin(look.as_mut()).await.is_pending());
        // Used by two components at the same time.
        let mut wait = Box::pin(job.wait());
        assert!(begin(wait.as_mut()).await.is_pending());
        job.finish(3);
        assert!(join!(look, wait) == (3, 3));
        assert!(job.name() == "lent" && jobs::alive() == 1);
        assert!(office::settle(job).await == 3);
        assert!(jobs::alive() == 0);

        let all: Vec<Job> = ["a", "b", "c", "d"].map(Job::new).into();
        for (job, value) in all.iter().zip([7, 9, 8, 1]) {
            job.finish(value);
        }
        let sorted = office::sort(all).await;
        assert!(sorted.iter().map(Job::name).eq(["b", "c", "a", "d"]));
        assert!(jobs::alive() == 4);
        drop(sorted);
        assert!(jobs::alive() == 0);

        let (value, reader) = wit_future::new(|| 0);
        let job = office::start("promised".to_owned(), reader).await;
        assert!(jobs::alive() <= 1);
        let (written, job) = join!(value.write(11), job.into_future());
        assert!(written.is_ok() && job.name() == "promised" && job.wait().await == 11);

        // The call that waits for it is given up, and the job with it.
        let lost = Job::new("lost");
        let mut settle = Box::pin(office::settle(lost));
        assert!(begin(settle.as_mut()).await.is_pending() && jobs::alive() == 2);
        drop(settle);
        assert!(jobs::alive() == 1);

        office::keep(job);
        let job = office::give_back().await.unwrap();
        assert!(office::give_back().await.is_none());
        assert!(job.name() == "promised" && jobs::alive() == 1);
        drop(job);
        assert!(jobs::alive() == 0);
    }
}

export!(Runner);
