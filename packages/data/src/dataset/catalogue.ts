import { UsageError, nearestName } from '@asc/core';
import { type DatasetFacts, reported, stated } from './dataset-facts.js';
import { OFFICIAL_ARCHIVES } from './official-archives.js';

/** One file of a set as its publisher offers it. */
export interface DatasetArchive {
  readonly file: string;
  readonly url: string;
  readonly bytes: number;
  readonly md5: string;
}

/** How the files of a set lie. */
export type DatasetLayout = 'tut' | 'tau' | 'esc50' | 'audioset';

/** A published set. */
export interface DatasetEntry {
  /** What commands and recipes call it. */
  readonly name: string;
  readonly title: string;
  readonly year: number;
  readonly layout: DatasetLayout;
  /** The folder its archives unpack into. */
  readonly folder: string;
  readonly licence: string;
  readonly citation: string;
  /** Where to read about it and get it by hand. */
  readonly page: string;
  /** Every archive to unpack into one folder above `folder`; empty where the set is not offered as checksummed archives. */
  readonly archives: readonly DatasetArchive[];
  /** How to get a set without archives. */
  readonly howToGet?: string;
  readonly facts: DatasetFacts;
}

const NON_COMMERCIAL = 'free for non-commercial use with attribution (LICENSE of the set)';
const CITE = {
  tut: 'A. Mesaros, T. Heittola, T. Virtanen: TUT database for acoustic scene classification and sound event detection. EUSIPCO 2016.',
  tau: 'A. Mesaros, T. Heittola, T. Virtanen: A multi-device dataset for urban acoustic scene classification. DCASE Workshop 2018.',
  mobile:
    'T. Heittola, A. Mesaros, T. Virtanen: Acoustic scene classification in DCASE 2020 Challenge: generalization across devices and low complexity solutions. DCASE Workshop 2020.',
  seconds:
    'I. Martín-Morató et al.: Low-complexity acoustic scene classification in DCASE 2022 Challenge. DCASE Workshop 2022.',
  audioset: 'J. F. Gemmeke et al.: Audio Set: an ontology and human-labeled dataset for audio events. ICASSP 2017.',
  esc: 'K. J. Piczak: ESC: dataset for environmental sound classification. ACM Multimedia 2015.',
} as const;

const STEREO_44K = { sampleRateHz: 44_100, bits: 24, channels: 2, samples: 441_000 };
const STEREO_48K = { sampleRateHz: 48_000, bits: 24, channels: 2, samples: 480_000 };
const MOBILE = { sampleRateHz: 44_100, bits: 24, channels: 1, samples: 441_000 };
const MOBILE_1S = { ...MOBILE, samples: 44_100 };

type Zenodo = Pick<DatasetEntry, 'name' | 'title' | 'year' | 'folder' | 'citation' | 'facts'> & {
  readonly record: number;
};

/** A set of Tampere University, kept at Zenodo. */
function zenodo({ record, ...entry }: Zenodo): DatasetEntry {
  const archives = (OFFICIAL_ARCHIVES[entry.folder] ?? []).map((line) => {
    const [suffix = '', bytes = '', md5 = ''] = line.split(' ');
    const file = `${entry.folder}.${suffix}`;
    return { file, url: `https://zenodo.org/record/${record}/files/${file}`, bytes: Number(bytes), md5 };
  });
  const layout = entry.year === 2017 ? 'tut' : 'tau';
  return { ...entry, layout, licence: NON_COMMERCIAL, page: `https://zenodo.org/record/${record}`, archives };
}

/** Every set that is known by name, oldest first. Clips of the evaluation sets of TAU follow from their archives' sizes (golden/make/evaluation_lists.py). */
export function datasetCatalogue(): readonly DatasetEntry[] {
  return [
    {
      name: 'esc50',
      title: 'ESC-50: Dataset for Environmental Sound Classification',
      year: 2015,
      layout: 'esc50',
      folder: 'ESC-50',
      licence: 'CC BY-NC 3.0',
      citation: CITE.esc,
      page: 'https://github.com/karolpiczak/ESC-50',
      archives: [],
      howToGet: 'Clone or unpack the repository: meta/esc50.csv and audio/*.wav. Other sets in this layout load too.',
      facts: {
        clips: reported(2000),
        folds: reported(5),
        clipsPerScene: reported(40),
        audio: reported({ sampleRateHz: 44_100, bits: 16, channels: 1, samples: 220_500 }),
      },
    },
    {
      name: 'audioset',
      title: 'AudioSet',
      year: 2017,
      layout: 'audioset',
      folder: 'audioset',
      licence: 'lists and embeddings CC BY 4.0, ontology CC BY-SA 4.0; the sound is not distributed',
      citation: CITE.audioset,
      page: 'https://research.google.com/audioset/download.html',
      archives: [],
      howToGet:
        'Fetch class_labels_indices.csv and the segments lists, and the embeddings or clips of your own: clips/<YouTube id>_<start in ms>.wav.',
      facts: {},
    },
    zenodo({
      name: 'tut2017',
      title: 'TUT Acoustic Scenes 2017, development',
      year: 2017,
      folder: 'TUT-acoustic-scenes-2017-development',
      record: 400515,
      citation: CITE.tut,
      facts: {
        clips: stated(4680),
        folds: stated(4),
        clipsPerScene: stated(312),
        errorRows: stated(84),
        audio: stated(STEREO_44K),
      },
    }),
    zenodo({
      name: 'tut2017-evaluation',
      title: 'TUT Acoustic Scenes 2017, evaluation',
      year: 2017,
      folder: 'TUT-acoustic-scenes-2017-evaluation',
      record: 1040168,
      citation: CITE.tut,
      facts: { clips: reported(1620), clipsPerScene: reported(108), audio: reported(STEREO_44K) },
    }),
    zenodo({
      name: 'tau2019',
      title: 'TAU Urban Acoustic Scenes 2019, development',
      year: 2019,
      folder: 'TAU-urban-acoustic-scenes-2019-development',
      record: 2589280,
      citation: CITE.tau,
      facts: {
        clips: stated(14_400),
        folds: stated(1),
        clipsPerScene: stated(1440),
        locations: stated(514),
        foldSizes: stated([{ fold: 1, train: 9185, evaluate: 4185 }]),
        audio: stated(STEREO_48K),
      },
    }),
    zenodo({
      name: 'tau2019-leaderboard',
      title: 'TAU Urban Acoustic Scenes 2019, leaderboard',
      year: 2019,
      folder: 'TAU-urban-acoustic-scenes-2019-leaderboard',
      record: 2672993,
      citation: CITE.tau,
      facts: { clips: reported(1200), audio: reported(STEREO_48K) },
    }),
    zenodo({
      name: 'tau2019-evaluation',
      title: 'TAU Urban Acoustic Scenes 2019, evaluation',
      year: 2019,
      folder: 'TAU-urban-acoustic-scenes-2019-evaluation',
      record: 3063822,
      citation: CITE.tau,
      facts: { clips: reported(7200), audio: reported(STEREO_48K) },
    }),
    zenodo({
      name: 'tau2020-mobile',
      title: 'TAU Urban Acoustic Scenes 2020 Mobile, development',
      year: 2020,
      folder: 'TAU-urban-acoustic-scenes-2020-mobile-development',
      record: 3819968,
      citation: CITE.mobile,
      facts: {
        clips: stated(23_040),
        folds: reported(1),
        clipsPerScene: stated(2304),
        clipsPerDevice: stated({
          a: 14_400,
          ...Object.fromEntries(['b', 'c', 's1', 's2', 's3', 's4', 's5', 's6'].map((device) => [device, 1080])),
        }),
        locations: stated(514),
        foldSizes: reported([{ fold: 1, train: 13_965, evaluate: 2970 }]),
        audio: stated(MOBILE),
      },
    }),
    zenodo({
      name: 'tau2020-mobile-evaluation',
      title: 'TAU Urban Acoustic Scenes 2020 Mobile, evaluation',
      year: 2020,
      folder: 'TAU-urban-acoustic-scenes-2020-mobile-evaluation',
      record: 3685828,
      citation: CITE.mobile,
      facts: { clips: reported(11_880), audio: reported(MOBILE) },
    }),
    zenodo({
      name: 'tau2020-3class',
      title: 'TAU Urban Acoustic Scenes 2020 3Class, development',
      year: 2020,
      folder: 'TAU-urban-acoustic-scenes-2020-3class-development',
      record: 3670185,
      citation: CITE.mobile,
      facts: {
        clips: reported(14_400),
        folds: reported(1),
        locations: reported(514),
        foldSizes: reported([{ fold: 1, train: 9185, evaluate: 4185 }]),
        audio: reported(STEREO_48K),
      },
    }),
    zenodo({
      name: 'tau2021-mobile-evaluation',
      title: 'TAU Urban Acoustic Scenes 2021 Mobile, evaluation',
      year: 2021,
      folder: 'TAU-urban-acoustic-scenes-2021-mobile-evaluation',
      record: 4767109,
      citation: CITE.mobile,
      facts: { clips: reported(7920), audio: reported(MOBILE) },
    }),
    zenodo({
      name: 'tau2022-mobile',
      title: 'TAU Urban Acoustic Scenes 2022 Mobile, development',
      year: 2022,
      folder: 'TAU-urban-acoustic-scenes-2022-mobile-development',
      record: 6337421,
      citation: CITE.seconds,
      facts: {
        clips: stated(230_350),
        folds: reported(1),
        foldSizes: reported([{ fold: 1, train: 139_620, evaluate: 29_680 }]),
        audio: stated(MOBILE_1S),
      },
    }),
    zenodo({
      name: 'tau2022-mobile-evaluation',
      title: 'TAU Urban Acoustic Scenes 2022 Mobile, evaluation',
      year: 2022,
      folder: 'TAU-urban-acoustic-scenes-2022-mobile-evaluation',
      record: 6591203,
      citation: CITE.seconds,
      facts: { clips: reported(118_800), audio: reported(MOBILE_1S) },
    }),
  ];
}

/** The set of a name. @throws UsageError naming the sets there are. */
export function datasetEntry(name: string): DatasetEntry {
  const entries = datasetCatalogue();
  const found = entries.find((entry) => entry.name === name || entry.folder === name);
  if (found !== undefined) return found;
  const names = entries.map((entry) => entry.name);
  const nearest = nearestName(name, names);
  throw new UsageError({
    what: 'There is no such dataset.',
    expected: `one of ${names.join(', ')}`,
    received: name,
    ...(nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` }),
  });
}
