//! Sensors: resources that keep a few readings.

use mcu_guests as _;

use exports::meld::station::sensors::{Guest, GuestSensor, Reading, Sensor};
use std::cell::RefCell;
use std::collections::VecDeque;

wit_bindgen::generate!({ path: "world.wit", world: "sensor" });

const KEPT: usize = 16;

struct Sensors;

struct Device {
    name: String,
    state: RefCell<State>,
}

struct State {
    noise: u32,
    tick: u32,
    recent: VecDeque<Reading>,
}

impl Guest for Sensors {
    type Sensor = Device;
}

impl GuestSensor for Device {
    fn new(name: String, seed: u32) -> Self {
        let state = State { noise: seed, tick: 0, recent: VecDeque::new() };
        Device { name, state: RefCell::new(state) }
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn sample(&self, count: u32) -> Vec<Reading> {
        let mut state = self.state.borrow_mut();
        let mut taken = Vec::new();
        for _ in 0..count {
            state.noise = state.noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let celsius = 21_500 + (state.noise >> 20) as i32 - 2048;
            let reading = Reading { tick: state.tick, celsius };
            state.tick += 1;
            if state.recent.len() == KEPT {
                state.recent.pop_front();
            }
            state.recent.push_back(reading);
            taken.push(reading);
        }
        taken
    }

    fn recent(&self) -> Vec<Reading> {
        self.state.borrow().recent.iter().copied().collect()
    }

    fn merge(name: String, sensors: Vec<Sensor>) -> Sensor {
        let mut all: Vec<Reading> = Vec::new();
        for sensor in sensors {
            all.extend(sensor.into_inner::<Device>().state.into_inner().recent);
        }
        all.sort_by_key(|reading| reading.tick);
        let tick = all.last().map_or(0, |last| last.tick + 1);
        let recent = all.split_off(all.len().saturating_sub(KEPT)).into();
        Sensor::new(Device { name, state: RefCell::new(State { noise: tick, tick, recent }) })
    }
}

export!(Sensors);
