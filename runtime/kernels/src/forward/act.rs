//! The activations of a call, as the workers share them.

use std::ops::Range;

use crate::cpu::Cpu;
use crate::grouped::{GROUP, Record};
use crate::linear::{Activations, View};
use crate::row;
use crate::team::Shared;

/// [`Activations`], shared by the workers.
pub(super) struct Act<'a> {
    pub x: Shared<'a, f32>,
    pub q: Shared<'a, i8>,
    pub scale: Shared<'a, f32>,
    pub sums: Shared<'a, i32>,
    records: Shared<'a, Record>,
    /// Of a row; 0 where rows are quantized whole.
    groups: usize,
    pub cols: usize,
    pub stride: usize,
}

impl<'a> Act<'a> {
    pub fn new(a: &'a mut Activations) -> Self {
        let q = &mut a.quantized;
        let grouped = !q.records.is_empty();
        Self {
            records: Shared::new(&mut q.records),
            groups: if grouped { a.cols.div_ceil(GROUP) } else { 0 },
            x: Shared::new(&mut a.x),
            q: Shared::new(&mut q.q),
            scale: Shared::new(&mut q.scale),
            sums: Shared::new(&mut q.sums),
            cols: a.cols,
            stride: q.stride,
        }
    }

    pub fn row(&self, i: usize) -> Range<usize> {
        i * self.cols..(i + 1) * self.cols
    }

    /// # Safety
    /// No worker writes to the first `rows` in this phase.
    pub unsafe fn view(&self, rows: usize) -> View<'_> {
        // SAFETY: passed on.
        unsafe {
            View {
                x: self.x.get(0..rows * self.cols),
                q: self.q.get(0..rows * self.stride),
                stride: self.stride,
                scale: self.scale.get(0..rows),
                sums: self.sums.get(0..rows * Activations::parts(self.cols)),
                records: self.records.get(0..rows * self.groups),
                cols: self.cols,
            }
        }
    }

    /// Row `i` as int8.
    ///
    /// # Safety
    /// Row `i` is this worker's in this phase.
    pub unsafe fn quantize(&self, cpu: Cpu, i: usize) {
        let parts = Activations::parts(self.cols);
        if self.groups > 0 {
            // SAFETY: passed on.
            unsafe {
                let q = self.q.get_mut(i * self.stride..(i + 1) * self.stride);
                let records = i * self.groups..(i + 1) * self.groups;
                let records = self.records.get_mut(records);
                row::quantize_groups(cpu, self.x.get(self.row(i)), q, records);
            }
            return;
        }
        // SAFETY: passed on.
        unsafe {
            let sums = self.sums.get_mut(i * parts..(i + 1) * parts);
            let q = self.q.get_mut(i * self.stride..(i + 1) * self.stride);
            self.scale.get_mut(i..i + 1)[0] =
                row::quantize(cpu, self.x.get(self.row(i)), q, &mut sums[1..]);
            sums[0] = sums[1..].iter().sum();
        }
    }

    /// Copies row `from` to row `to`.
    ///
    /// # Safety
    /// Both rows are this worker's in this phase.
    pub unsafe fn copy(&self, from: usize, to: usize) {
        let parts = Activations::parts(self.cols);
        // SAFETY: passed on.
        unsafe {
            copy(&self.x, self.cols, from, to);
            copy(&self.q, self.stride, from, to);
            copy(&self.scale, 1, from, to);
            copy(&self.sums, parts, from, to);
            copy(&self.records, self.groups, from, to);
        }
    }
}

/// # Safety
/// Both rows are this worker's in this phase.
pub(super) unsafe fn copy<T: Copy>(buffer: &Shared<T>, width: usize, from: usize, to: usize) {
    if from != to {
        // SAFETY: the rows are disjoint, and this worker's.
        unsafe {
            buffer
                .get_mut(to * width..(to + 1) * width)
                .copy_from_slice(buffer.get(from * width..(from + 1) * width))
        }
    }
}
