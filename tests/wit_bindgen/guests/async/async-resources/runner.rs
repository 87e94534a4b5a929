//! Calls methods that wait for other methods of the same resource and of another one.

use futures::join;
use meld::async_resources::accounts::{self, Account};
use wit_bindgen::yield_async;

wit_bindgen::generate!({ path: "async-resources/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    async fn run() {
        let ada = Account::new("ada");
        let bob = Account::open("bob".to_owned(), 50).await;
        assert!(accounts::alive() == 2 && ada.owner() == "ada" && bob.owner() == "bob");

        assert!(ada.deposit(10).await == 10);
        assert!(ada.withdraw(4).await == 6);
        // One waits for the other.
        let (rest, balance) = join!(ada.withdraw(100), ada.deposit(94));
        assert!(rest == 0 && balance == 100);

        assert!(bob.transfer(&ada, 60).await == Err("bob has only 50".to_owned()));
        let (given, taken) = join!(bob.transfer(&ada, 30), ada.withdraw(25));
        assert!(given == Ok(20) && taken == 5);
        // To itself: the same handle, twice in one call.
        assert!(bob.transfer(&bob, 20).await == Ok(20));

        let cy = Account::open("cy".to_owned(), 7).await;
        assert!(accounts::richest(vec![&ada, &bob, &cy]).await == Some(1));
        assert!(accounts::richest(Vec::new()).await.is_none());

        let (first, second) = (cy.watch(), cy.watch());
        let mut short = cy.watch();
        let ((), first, second, ()) = join!(
            async {
                for amount in [1, 2, 3] {
                    cy.deposit(amount).await;
                }
                assert!(Account::close(cy).await == 13);
            },
            first.collect(),
            second.collect(),
            async {
                assert!(short.next().await == Some(8));
                drop(short);
            },
        );
        assert!(first == [8, 10, 13] && second == first);
        assert!(accounts::alive() == 2);

        drop(ada);
        assert!(accounts::alive() == 1);
        assert!(Account::close(bob).await == 20);
        while accounts::alive() > 0 {
            yield_async().await;
        }
    }
}

export!(Runner);
