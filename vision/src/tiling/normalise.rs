use std::array;

use ndarray::Array4;
use rayon::prelude::*;

use super::ImageConfig;

/// The first `[height, width]` of pictures of `[rows, columns]`, three bytes a pixel and one
/// picture after the other, as the tower's input: [pictures, 3, height, width].
pub(crate) fn planes(
    rgb: &[u8],
    [rows, columns]: [usize; 2],
    [height, width]: [usize; 2],
    config: &ImageConfig,
) -> Array4<f32> {
    // A channel has 256 values: a table of each saves the divisions.
    let tables: [[f32; 256]; 3] = array::from_fn(|channel| {
        array::from_fn(|value| (value as f32 / 255.0 - config.mean[channel]) / config.std[channel])
    });
    let pictures = rgb.len() / (rows * columns * 3);
    let mut planes = vec![0.0; pictures * 3 * height * width];
    planes
        .par_chunks_exact_mut(width)
        .enumerate()
        .for_each(|(index, line)| {
            let (plane, row) = (index / height, index % height);
            let (picture, channel) = (plane / 3, plane % 3);
            let pixels = rgb[(picture * rows + row) * columns * 3..]
                .iter()
                .skip(channel)
                .step_by(3);
            line.iter_mut()
                .zip(pixels)
                .for_each(|(to, &from)| *to = tables[channel][usize::from(from)]);
        });
    Array4::from_shape_vec((pictures, 3, height, width), planes)
        .expect("a row for each picture, channel and line")
}
