export {
  type AudioSetClass,
  type OntologyNode,
  readAudioSetClasses,
  readAudioSetOntology,
} from './audioset/audioset-classes.js';
export { type EmbeddedSegment, EMBEDDING_SIZE, readAudioSetEmbeddings } from './audioset/audioset-embeddings.js';
export {
  type AudioSetDataset,
  AUDIOSET_SPLITS,
  type AudioSetSplit,
  type LoadAudioSetOptions,
  loadAudioSet,
} from './audioset/load-audioset.js';

export {
  type DatasetArchive,
  type DatasetEntry,
  type DatasetLayout,
  datasetCatalogue,
  datasetEntry,
} from './dataset/catalogue.js';
export type { AudioFacts, DatasetFacts, Fact, FactBasis, FoldFacts } from './dataset/dataset-facts.js';
export type { ArchiveCheck } from './dataset/check-archives.js';
export type { FactCheck } from './dataset/check-facts.js';
export type { ClipList } from './dataset/clip-table.js';
export { type LazyList, lazyList } from './dataset/lazy-list.js';
export { type LoadDatasetOptions, type PublishedDataset, loadDataset, publishedRoot } from './dataset/load-dataset.js';
export { type LoadEsc50Options, loadEsc50 } from './dataset/load-esc50.js';
export { EVENTS_TABLE, loadEvents, type LoadEventsOptions } from './dataset/load-events.js';
export { loadFolder, type LoadFolderOptions } from './dataset/load-folder.js';
export { loadTau, type LoadTauOptions, TRAIN_PERCENTS } from './dataset/load-tau.js';
export { loadTut, type LoadTutOptions, type TutDataset } from './dataset/load-tut.js';
export {
  type FoldSplits,
  type SceneDataset,
  type SplitName,
  assertDisjoint,
  sceneDataset,
  sharedLocations,
} from './dataset/scene-dataset.js';
export type { OnTableFault, TableFault, TableFaultKind } from './dataset/table-fault.js';
export { type TauName, formatTauName, parseTauName } from './dataset/tau-name.js';
export { tut2017Labels } from './dataset/tut-labels.js';
export { assertAudioPresent } from './dataset/assert-audio-present.js';
export { type ClipFault, type DatasetReport, type VerifyOptions, verifyDataset } from './dataset/verify-dataset.js';

export { type DownloadOptions, type DownloadReport, downloadDataset } from './download/download-dataset.js';
export type { DownloadProgress } from './download/download-progress.js';
export type { Patience } from './download/fetch-archive.js';

export { type PackOptions, type PackReport, packDataset } from './pack/pack-dataset.js';

export { fileIdentity } from './file-identity.js';
export {
  type ArrayCache,
  type CacheDtype,
  type CacheEntry,
  type MemoryCacheOptions,
  cached,
  memoryCache,
} from './pipeline/array-cache.js';
export { type DiskCacheOptions, diskCache } from './pipeline/disk-cache.js';
export type { Source } from './pipeline/iterate.js';
export { type ParallelMapOptions, type Pipeline, type PipelineOptions, pipeline } from './pipeline/pipeline.js';
export { type TransferList, type Transferred, transferred } from './pipeline/transfer.js';
export { type WorkerPool, type WorkerPoolOptions, workerPool } from './pipeline/worker-pool.js';

export { SYNTHETIC_DEVICES, type SyntheticDevice } from './synthetic/devices.js';
export { type RehearsalOptions, REHEARSAL_SETS, generateRehearsal } from './synthetic/generate-rehearsal.js';
export { type SyntheticOptions, generateSyntheticScenes } from './synthetic/generate-synthetic-scenes.js';
export { type RenderConfig, renderClip } from './synthetic/render-clip.js';

export { AUDIO_CODECS, CODEC_KBPS, codeAudio, type AudioCodec, type CodeAudioOptions } from './codec/code-audio.js';
export { assertRoom } from './download/free-space.js';
export { ffmpegVersion } from './codec/run-ffmpeg.js';

export type { AudioInfo, Mono, SampleRange } from './audio/audio-info.js';
export { type IntegerSound, encodeFlac } from './audio/flac-encoder.js';
export { type ReadAudioOptions, probeAudio, readAudio, readChannels } from './audio/read-audio.js';
export { type Resampler, createResampler, resample } from './audio/resampler.js';
export { type StreamResampler, createStreamResampler } from './audio/stream-resampler.js';
export { type WriteWavOptions, encodeWav, writeWav } from './audio/wav-writer.js';
