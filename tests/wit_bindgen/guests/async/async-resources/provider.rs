//! Resources whose methods wait for each other.

use exports::meld::async_resources::accounts::{self, AccountBorrow, Guest, GuestAccount};
use std::cell::{Cell, RefCell};
use wit_bindgen::{StreamReader, StreamWriter, spawn_local, yield_async};

wit_bindgen::generate!({ path: "async-resources/world.wit", world: "provider" });

struct Provider;

thread_local! {
    static ALIVE: Cell<u32> = const { Cell::new(0) };
}

struct Account {
    owner: String,
    balance: Cell<i64>,
    watchers: RefCell<Vec<StreamWriter<i64>>>,
}

impl Account {
    fn with(owner: String, start: i64) -> Account {
        ALIVE.set(ALIVE.get() + 1);
        Account { owner, balance: Cell::new(start), watchers: RefCell::default() }
    }

    async fn set(&self, balance: i64) -> i64 {
        self.balance.set(balance);
        // Nothing is borrowed while it waits.
        let watchers = self.watchers.take();
        for mut watcher in watchers {
            if watcher.write_one(balance).await.is_none() {
                self.watchers.borrow_mut().push(watcher);
            }
        }
        balance
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        ALIVE.set(ALIVE.get() - 1);
    }
}

impl GuestAccount for Account {
    fn new(owner: String) -> Account {
        Account::with(owner, 0)
    }

    async fn open(owner: String, start: i64) -> accounts::Account {
        yield_async().await;
        accounts::Account::new(Account::with(owner, start))
    }

    fn owner(&self) -> String {
        self.owner.clone()
    }

    async fn deposit(&self, amount: i64) -> i64 {
        self.set(self.balance.get() + amount).await
    }

    async fn withdraw(&self, amount: i64) -> i64 {
        while self.balance.get() < amount {
            yield_async().await;
        }
        self.set(self.balance.get() - amount).await
    }

    async fn transfer(&self, to: AccountBorrow<'_>, amount: i64) -> Result<i64, String> {
        yield_async().await;
        if self.balance.get() < amount {
            return Err(format!("{} has only {}", self.owner, self.balance.get()));
        }
        let to = to.get::<Account>();
        to.set(to.balance.get() + amount).await;
        Ok(self.set(self.balance.get() - amount).await)
    }

    fn watch(&self) -> StreamReader<i64> {
        let (writer, reader) = wit_stream::new();
        self.watchers.borrow_mut().push(writer);
        reader
    }

    async fn close(account: accounts::Account) -> i64 {
        let account = account.into_inner::<Account>();
        let rest = account.balance.get();
        // It lives a little longer than the call.
        spawn_local(async move {
            yield_async().await;
            drop(account);
        });
        rest
    }
}

impl Guest for Provider {
    type Account = Account;

    async fn richest(accounts: Vec<AccountBorrow<'_>>) -> Option<u32> {
        yield_async().await;
        let balances = accounts.iter().map(|account| account.get::<Account>().balance.get());
        balances.zip(0..).max().map(|(_, index)| index)
    }

    fn alive() -> u32 {
        ALIVE.get()
    }
}

export!(Provider);
