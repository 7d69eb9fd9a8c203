//! The stopwatch: which keys wait for a frame, which for rows, and how long they did.

use std::time::Duration;

/// One frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// From the state to the flushed bytes.
    pub time: Duration,
    /// How many bytes.
    pub bytes: usize,
}

/// One key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pressed {
    /// What its figures are counted under.
    pub kind: &'static str,
    /// What `update` took of that.
    pub update: Duration,
    /// From the moment it was there until the frame that follows its update was drawn.
    pub to_frame: Duration,
    /// For a key that needs rows arranged: until they were on the screen, or those of a later key that took their place.
    pub to_rows: Option<Duration>,
}

/// What was measured.
#[derive(Debug)]
pub struct Measured {
    /// The published figures, the state, a screen and the first frame, in this process.
    pub first_frame: Duration,
    /// Rows of the table before the first key.
    pub rows: usize,
    /// From the first key until everything was on the screen.
    pub wall: Duration,
    /// Studies that were finished meanwhile; none where nothing was computed.
    pub studies: Option<usize>,
    /// The keys, in the order in which they were pressed.
    pub presses: Vec<Pressed>,
    /// The frames, in the order in which they were drawn.
    pub frames: Vec<Frame>,
    /// What `update` took of each table that arrived.
    pub arrivals: Vec<Duration>,
}

/// What was seen so far.
#[derive(Debug, Default)]
pub struct Watch {
    kinds: Vec<&'static str>,
    presses: Vec<Pressed>,
    frames: Vec<Frame>,
    arrivals: Vec<Duration>,
    /// Keys whose update no frame has followed yet: index and time.
    unseen: Vec<(usize, Duration)>,
    /// Keys whose rows are on their way.
    unsettled: Vec<(usize, Duration)>,
}

impl Watch {
    /// The keys that will come, by kind.
    pub fn new(kinds: Vec<&'static str>) -> Self {
        Self { kinds, ..Self::default() }
    }

    /// How many keys have come.
    pub fn taken(&self) -> usize {
        self.presses.len()
    }

    /// The key that was there at `at` was handed to `update`; `asked` says that rows must be arranged for it.
    pub fn key(&mut self, at: Duration, update: Duration, asked: bool) {
        let index = self.presses.len();
        let kind = self.kinds.get(index).copied().unwrap_or_default();
        self.presses.push(Pressed { kind, update, to_frame: Duration::ZERO, to_rows: None });
        self.unseen.push((index, at));
        if asked {
            self.unsettled.push((index, at));
        }
    }

    /// Rows were handed to `update`.
    pub fn arranged(&mut self, update: Duration) {
        self.arrivals.push(update);
    }

    /// A frame was drawn at `now`; `settled` says that no rows are on their way.
    pub fn drawn(&mut self, frame: Frame, now: Duration, settled: bool) {
        self.frames.push(frame);
        for (index, at) in self.unseen.drain(..) {
            self.presses[index].to_frame = now.saturating_sub(at);
        }
        if settled {
            for (index, at) in self.unsettled.drain(..) {
                self.presses[index].to_rows = Some(now.saturating_sub(at));
            }
        }
    }

    /// All of it.
    pub fn measured(self, first_frame: Duration, rows: usize, wall: Duration, studies: Option<usize>) -> Measured {
        let Self { presses, frames, arrivals, .. } = self;
        Measured { first_frame, rows, wall, studies, presses, frames, arrivals }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_waits_for_the_next_frame_and_its_rows_for_a_settled_one() {
        let ms = Duration::from_millis;
        let frame = Frame { time: ms(1), bytes: 5 };
        let mut watch = Watch::new(vec!["line", "sort"]);
        watch.key(ms(10), ms(0), false);
        watch.key(ms(12), ms(1), true);
        watch.drawn(frame, ms(15), false);
        watch.arranged(ms(2));
        watch.drawn(frame, ms(40), true);
        let measured = watch.measured(ms(3), 7, ms(50), None);
        let line = Pressed { kind: "line", update: ms(0), to_frame: ms(5), to_rows: None };
        let sort = Pressed { kind: "sort", update: ms(1), to_frame: ms(3), to_rows: Some(ms(28)) };
        assert_eq!(measured.presses, [line, sort]);
        assert_eq!((measured.frames.len(), measured.arrivals.len()), (2, 1));
    }
}
