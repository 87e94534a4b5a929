//! The program: it reads channels of a sensor at the same time, watches one, and prints what it hears.

use mcu_async_guests as _;

use futures::join;
use meld::field::sensors::{Reading, read, watch};
use meld::field::timer::sleep;

wit_bindgen::generate!({ path: "world.wit", world: "station" });

/// So many rounds that whatever is not freed adds up to more than there is.
const ROUNDS: u32 = 100;

struct Station;

fn say(what: &str, reading: &Reading) {
    let Reading { channel, tick, celsius } = *reading;
    print(&format!("{what} {tick}: channel {channel}, {}.{:03} degrees", celsius / 1000, celsius % 1000));
}

impl Guest for Station {
    async fn run() {
        // Three conversions at the same time. The last one that is asked for is the first to be there.
        let (slow, middle, fast) = join!(read(2), read(1), read(0));
        for reading in [&slow, &middle, &fast] {
            say("reading", reading);
        }
        // A stream beside a beat of the station's own.
        let watched = async {
            let mut readings = watch(3, 6, 20).await;
            let mut sum = 0;
            while let Some(reading) = readings.next().await {
                say("watched", &reading);
                sum += reading.celsius;
            }
            print(&format!("on average {} thousandths", sum / 6));
        };
        let beat = async {
            for beat in 1..=3 {
                sleep(50).await;
                print(&format!("beat {beat}"));
            }
        };
        join!(watched, beat);
        // Two of many are heard, and the stream is dropped.
        let mut readings = watch(4, 1000, 5).await;
        for _ in 0..2 {
            if let Some(reading) = readings.next().await {
                say("heard", &reading);
            }
        }
        drop(readings);
        let mut last = None;
        for _ in 0..ROUNDS {
            let (one, other) = join!(read(0), read(1));
            assert!(one.tick < other.tick);
            last = Some(other);
        }
        if let Some(reading) = last {
            say("at last", &reading);
        }
        print(&format!("{ROUNDS} rounds"));
    }
}

export!(Station);
