//! The program: sensors are read, and what they say is printed.

use mcu_guests as _;

use meld::station::reports::{lines, summary};
use meld::station::sensors::Sensor;

wit_bindgen::generate!({ path: "world.wit", world: "station" });

/// So many rounds that whatever is not freed adds up to more than a small machine has.
const ROUNDS: u32 = 200;

struct Station;

impl Guest for Station {
    fn run() {
        let cellar = Sensor::new("cellar", 7);
        let roof = Sensor::new("roof ☀", 11);
        let nothing = Sensor::new("nothing", 0);
        assert!(summary(&nothing).is_none());

        let mut printed = 0;
        for round in 0..ROUNDS {
            for sensor in [&cellar, &roof] {
                let readings = sensor.sample(round % 7);
                let text = lines(&sensor.name(), &readings);
                assert!(text.len() == readings.len());
                if round % 50 == 3 {
                    text.iter().for_each(|line| print(line));
                    printed += text.len();
                }
            }
        }
        for sensor in [&cellar, &roof] {
            print(&summary(sensor).unwrap_or_default());
        }
        let all = Sensor::merge("everything", vec![cellar, nothing, roof]);
        print(&summary(&all).unwrap_or_default());
        print(&format!("{ROUNDS} rounds, {printed} lines"));
    }
}

export!(Station);
