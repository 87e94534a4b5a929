//! A sensor with several channels. A conversion takes time, which the timer of the host tells.

use mcu_async_guests as _;

use exports::meld::field::sensors::{Guest, Reading};
use meld::field::timer::sleep;
use std::cell::Cell;
use wit_bindgen::{StreamReader, spawn_local};

wit_bindgen::generate!({ path: "world.wit", world: "sensor" });

/// Milliseconds of a conversion, for each channel and for the one before.
const CONVERSION: u32 = 10;

struct Sensor;

thread_local! {
    static TICK: Cell<u32> = const { Cell::new(0) };
    static NOISE: Cell<u32> = const { Cell::new(7) };
}

fn convert(channel: u32) -> Reading {
    let noise = NOISE.get().wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    NOISE.set(noise);
    TICK.set(TICK.get() + 1);
    Reading { channel, tick: TICK.get(), celsius: 21_500 + (noise >> 20) as i32 - 2048 }
}

impl Guest for Sensor {
    async fn read(channel: u32) -> Reading {
        sleep(CONVERSION * (channel + 1)).await;
        convert(channel)
    }

    async fn watch(channel: u32, count: u32, milliseconds: u32) -> StreamReader<Reading> {
        let (mut writer, reader) = wit_stream::new();
        spawn_local(async move {
            for _ in 0..count {
                sleep(milliseconds).await;
                if writer.write_one(convert(channel)).await.is_some() {
                    // Nobody reads any more.
                    break;
                }
            }
        });
        reader
    }
}

export!(Sensor);
