//! Writes futures before, during and after the calls that get them, and reads those that come back.

use futures::join;
use meld::futures::exchange::{self, Parcel};

wit_bindgen::generate!({ path: "futures/world.wit", world: "runner" });

struct Runner;

impl Guest for Runner {
    async fn run() {
        // The callee reads first, then the caller writes.
        let (writer, reader) = wit_future::new(|| 0u32);
        let (value, written) = join!(exchange::read(reader), writer.write(77));
        assert!(value == 77 && written.is_ok());
        // The other way round.
        let (writer, reader) = wit_future::new(|| 0u32);
        let (written, value) = join!(writer.write(78), exchange::read(reader));
        assert!(value == 78 && written.is_ok());

        assert!(exchange::promise("kept".to_owned()).await.await == "kept");
        let long = "long ".repeat(10_000);
        assert!(exchange::promise(long.clone()).await.await == long);

        let (writer, reader) = wit_future::new(|| 0u64);
        let twice = exchange::double(reader).await;
        let (written, twice) = join!(writer.write(1 << 40), twice.into_future());
        assert!(written.is_ok() && twice == 1 << 41);

        let (writers, readers): (Vec<_>, Vec<_>) =
            (0..10).map(|_| wit_future::new(|| Parcel { number: 0, text: String::new() })).unzip();
        let parcels = async {
            // Not in the order in which they are read.
            let writes = writers
                .into_iter()
                .zip(0..10)
                .rev()
                .map(|(writer, number)| writer.write(Parcel { number, text: format!("parcel {number}") }));
            for written in futures::future::join_all(writes).await {
                written.unwrap();
            }
        };
        let ((), parcels) = join!(parcels, exchange::join(readers));
        assert!(parcels.len() == 10);
        for (parcel, number) in parcels.iter().zip(0..) {
            assert!(parcel.number == number && parcel.text == format!("parcel {number}"));
        }

        // There and back without being read; the writer is here, as is the reader.
        let (writer, reader) = wit_future::new(String::new);
        let reader = exchange::pass(reader).await;
        // Once more, so that a handle travels twice.
        let reader = exchange::pass(reader).await;
        let echoed = exchange::promise("through".to_owned()).await;
        drop(reader);
        assert!(writer.write("nobody reads this".to_owned()).await.is_err());
        let echoed = exchange::pass(echoed).await;
        assert!(echoed.await == "through");

        let (writer, reader) = wit_future::new(|| ());
        let done = exchange::signal(reader).await;
        let (written, ()) = join!(writer.write(()), done.into_future());
        assert!(written.is_ok());

        let (first_writer, first) = wit_future::new(|| 0u8);
        let (second_writer, second) = wit_future::new(|| 0u8);
        let (sum, second_written, first_written) =
            join!(exchange::perhaps(Some(first), (second, 3)), second_writer.write(20), first_writer.write(100));
        assert!(sum == Ok(123) && second_written.is_ok() && first_written.is_ok());
        let (writer, reader) = wit_future::new(|| 0u8);
        let (sum, written) = join!(exchange::perhaps(None, (reader, 1)), writer.write(1));
        assert!(sum == Err("only 2".to_owned()) && written.is_ok());

        let (inner_writer, inner) = wit_future::new(|| 0u32);
        let (outer_writer, outer) = wit_future::new(|| unreachable!());
        let (value, outer_written, inner_written) =
            join!(exchange::deep(outer), outer_writer.write(inner), inner_writer.write(5));
        assert!(value == 5 && outer_written.is_ok() && inner_written.is_ok());
    }
}

export!(Runner);
