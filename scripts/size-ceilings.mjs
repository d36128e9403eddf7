/** Most a packed tarball may weigh, in KiB, sources for the source maps included. Whoever moves a number says why on its line. */
export const SIZE_CEILINGS_KB = {
  augment: 40,
  // Teachers, augmentation of waveforms in worker threads, asc compare, test-time copies and the HTML report came in,
  // real codecs and challenge submissions, the bench of a user's machine, recipes that prune and train on 8 bits,
  // submissions by share of the training clips and rehearsals of sets of one's own.
  cli: 265,
  // The WebAssembly assembler came in, from the front ends, and one lock of folders for all.
  core: 55,
  // Audio formats with a FLAC encoder, loaders of every published layout, download, unpacking and packing, pipelines, the feature cache
  // and the synthetic scenes are in one package.
  data: 360,
  // The report as a page came in.
  // Sound events by mean average precision joined the scenes.
  evaluate: 64,
  // Frames in WebAssembly came in: an assembler and the kernel, as source.
  features: 110,
  // Attention, masks, norms and residual blocks of the four papers came in.
  layers: 90,
  // Every network of four papers and the baselines, one file each.
  models: 120,
  // Convolutions in blocks of channels, and graphs as functions that train; gradients and norms faster on a processor.
  onnx: 250,
  // Schemes, calibrations, mixed precision and the integer simulation came in, rewrites into quick 8-bit kernels, adaptive rounding.
  quantize: 145,
  runtime: 40,
  // Tasks, optimisers, schedules, averaging and run folders of the papers' recipes came in.
  train: 200,
};
