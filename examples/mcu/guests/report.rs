//! Readings in words.

use mcu_guests as _;

use exports::meld::station::reports::Guest;
use meld::station::sensors::{Reading, Sensor};

wit_bindgen::generate!({ path: "world.wit", world: "report" });

struct Reports;

fn degrees(celsius: i32) -> String {
    format!("{}.{:03}°C", celsius / 1000, celsius.unsigned_abs() % 1000)
}

impl Guest for Reports {
    fn lines(name: String, readings: Vec<Reading>) -> Vec<String> {
        readings.iter().map(|reading| format!("{name} @{}: {}", reading.tick, degrees(reading.celsius))).collect()
    }

    fn summary(of: &Sensor) -> Option<String> {
        let readings = of.recent();
        let min = readings.iter().map(|reading| reading.celsius).min()?;
        let max = readings.iter().map(|reading| reading.celsius).max()?;
        let sum: i32 = readings.iter().map(|reading| reading.celsius).sum();
        let mean = sum / i32::try_from(readings.len()).ok()?;
        Some(format!("{}: {} from {} to {}, {} on average", of.name(), readings.len(), degrees(min), degrees(max), degrees(mean)))
    }
}

export!(Reports);
