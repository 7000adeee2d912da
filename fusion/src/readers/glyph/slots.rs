//! Glyph slots: what the adapter makes of the features of a picture's patches.
use crate::bundle::{AdapterConfig, graph_error};
use crate::{Error, Result};
use foveate_onnx::{Element, GoOn, Graph, GraphOptions};
use ndarray::{Array1, Array2, Array4, ArrayView1, Axis};
use std::path::Path;

/// What the adapter gives: one row for every glyph slot kept, in view, row, column, slot order.
#[derive(Debug, Clone)]
pub struct Slots {
    /// `[n, letters]`: log-probabilities of the letters.
    pub letters: Array2<f32>,
    /// `[n, slot_dim]`: what else the adapter found there.
    pub slots: Array2<f32>,
    /// `[n, 5]`: view, cx, cy, w, h in that view's pixels.
    pub place: Array2<f32>,
    /// `[n]`: 1 - the probability of being blank.
    pub presence: Array1<f32>,
}

impl Slots {
    /// No slots, of the widths that `config` says.
    pub(crate) fn none(config: &AdapterConfig) -> Self {
        Self {
            letters: Array2::zeros((0, config.letters)),
            slots: Array2::zeros((0, config.slot_dim)),
            place: Array2::zeros((0, 5)),
            presence: Array1::zeros(0),
        }
    }

    /// Joins what the adapter gave of single views, whose view index is 0 in each.
    pub(crate) fn of_views(parts: Vec<(usize, Self)>) -> Result<Self> {
        let mut parts = parts.into_iter().map(|(view, mut slots)| {
            slots.place.column_mut(0).fill(view as f32);
            slots
        });
        let mut all = parts.next().ok_or_else(|| Error::Stage {
            stage: "adapter",
            why: "was given no view".into(),
        })?;
        for slots in parts {
            all.append(slots)?;
        }
        Ok(all)
    }

    /// The likeliest letter of a slot, the first of equals.
    pub(crate) fn letter(&self, slot: usize) -> usize {
        let of = self.letters.row(slot);
        let best = of
            .iter()
            .enumerate()
            .rev()
            .max_by(|a, b| a.1.total_cmp(b.1));
        best.map_or(0, |(letter, _)| letter)
    }

    /// Adds the rows of `more` behind its own.
    pub(crate) fn append(&mut self, more: Self) -> Result<()> {
        let odd = |e: ndarray::ShapeError| Error::Stage {
            stage: "adapter",
            why: format!("gave slots that do not go together: {e}"),
        };
        for (own, theirs) in [
            (&mut self.letters, more.letters.view()),
            (&mut self.slots, more.slots.view()),
            (&mut self.place, more.place.view()),
        ] {
            own.append(Axis(0), theirs).map_err(odd)?;
        }
        self.presence
            .append(Axis(0), more.presence.view())
            .map_err(odd)
    }

    /// Refuses places that are no numbers, lie in no view or have no size, and presences that are
    /// no probabilities; `high` says that there are an overview and four tiles.
    pub(crate) fn check(&self, high: bool) -> Result<()> {
        let views = if high { 5 } else { 1 };
        let sound = |row: ArrayView1<'_, f32>| {
            row.iter().all(|x| x.is_finite())
                && row[0] >= 0.0
                && row[0] < views as f32
                && row[3] > 0.0
                && row[4] > 0.0
        };
        let unsound = self.place.rows().into_iter().find(|row| !sound(*row));
        let why = if let Some(row) = unsound {
            format!("gave a glyph at {row}")
        } else if self.presence.iter().any(|p| !(0.0..=1.0).contains(p)) {
            "gave a presence that is not 0 to 1".into()
        } else {
            return Ok(());
        };
        Err(Error::Stage {
            stage: "adapter",
            why,
        })
    }
}

/// `adapter.onnx`: features of patches to glyph slots.
#[derive(Debug)]
pub struct SlotAdapter {
    graph: Graph,
}

impl SlotAdapter {
    /// Opens the graph and checks it against the number of letters and the width of a slot's
    /// features.
    pub fn open(
        path: impl AsRef<Path>,
        [letters, slot_dim]: [usize; 2],
        options: &GraphOptions,
    ) -> Result<Self> {
        let file = path.as_ref();
        let refused = |e: foveate_onnx::Error| graph_error(file, e);
        let graph = Graph::open(file, options).map_err(refused)?;
        graph
            .expect_input("features", Element::F32, &[None; 4])
            .map_err(refused)?;
        for (name, shape) in [
            ("letters", &[None, Some(letters)][..]),
            ("slots", &[None, Some(slot_dim)]),
            ("place", &[None, Some(5)]),
            ("presence", &[None]),
        ] {
            graph
                .expect_output(name, Element::F32, shape)
                .map_err(refused)?;
        }
        Ok(Self { graph })
    }

    /// Features `[views, rows, columns, d]` to slots.
    pub fn run(&self, features: Array4<f32>) -> Result<Slots> {
        self.run_while(features, None)
    }

    /// As [`run`](Self::run), for as long as `go_on` says so.
    pub fn run_while(&self, features: Array4<f32>, go_on: Option<&GoOn<'_>>) -> Result<Slots> {
        let inputs = [("features", features.into())];
        let mut outputs = self.graph.run_while(&inputs, go_on)?;
        let slots = Slots {
            letters: outputs.take("letters")?,
            slots: outputs.take("slots")?,
            place: outputs.take("place")?,
            presence: outputs.take("presence")?,
        };
        let n = slots.presence.len();
        let rows = [&slots.letters, &slots.slots, &slots.place].map(Array2::nrows);
        if rows != [n; 3] {
            return Err(Error::Stage {
                stage: "adapter",
                why: "gave outputs of different lengths".into(),
            });
        }
        Ok(slots)
    }
}
