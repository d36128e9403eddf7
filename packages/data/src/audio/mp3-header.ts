/** One MPEG audio Layer III frame header. */
export interface Mp3FrameHeader {
  readonly version: 1 | 2 | 2.5;
  readonly sampleRateHz: number;
  readonly channels: 1 | 2;
  /** Length of the whole frame. */
  readonly bytes: number;
  /** Samples per channel of one frame. */
  readonly samples: 1152 | 576;
  /** Bytes between the start of the frame and its main data: header, checksum, side information. */
  readonly sideEndBytes: number;
  /** How many bytes of earlier frames (the bit reservoir) this frame's main data begins in. */
  readonly reservoirBytes: number;
}

/** Bytes {@link parseMp3FrameHeader} looks at. */
export const MP3_HEADER_BYTES = 8;

const KBPS_V1 = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KBPS_V2 = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const RATES_HZ = [44100, 48000, 32000];

/**
 * Parses the header at `at`, or gives `undefined` where no Layer III frame of known size starts there (free-format streams,
 * whose frames do not tell their size, are not understood). Source: ISO/IEC 11172-3, 2.4.1.3; ISO/IEC 13818-3.
 */
export function parseMp3FrameHeader(bytes: Uint8Array, at: number): Mp3FrameHeader | undefined {
  if (at + MP3_HEADER_BYTES > bytes.length) return undefined;
  const [b0, b1, b2, b3] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!];
  if (b0 !== 0xff || (b1 & 0xe0) !== 0xe0) return undefined;
  const version = ([2.5, undefined, 2, 1] as const)[(b1 >> 3) & 3];
  const layer3 = ((b1 >> 1) & 3) === 1;
  const kbps = (version === 1 ? KBPS_V1 : KBPS_V2)[(b2 >> 4) - 1];
  const baseRateHz = RATES_HZ[(b2 >> 2) & 3];
  if (version === undefined || !layer3 || kbps === undefined || baseRateHz === undefined) return undefined;

  const sampleRateHz = version === 1 ? baseRateHz : version === 2 ? baseRateHz / 2 : baseRateHz / 4;
  const samples = version === 1 ? 1152 : 576;
  const channels = b3 >> 6 === 3 ? 1 : 2;
  const sideOffset = (b1 & 1) === 0 ? 6 : 4;
  const sideBytes = version === 1 ? (channels === 1 ? 17 : 32) : channels === 1 ? 9 : 17;
  const [s0, s1] = [bytes[at + sideOffset]!, bytes[at + sideOffset + 1]!];
  return {
    version,
    sampleRateHz,
    channels,
    bytes: Math.floor(((samples / 8) * kbps * 1000) / sampleRateHz) + ((b2 >> 1) & 1),
    samples,
    sideEndBytes: sideOffset + sideBytes,
    reservoirBytes: version === 1 ? (s0 << 1) | (s1 >> 7) : s0,
  };
}

/** What the first frame of most files says about the whole instead of carrying sound. */
export interface Mp3Tag {
  /** Frames of sound after this one; `undefined` where it does not say. */
  readonly frames: number | undefined;
  /** Samples the encoder put before and after the sound; `undefined` where it does not say. */
  readonly delaySamples: number | undefined;
  readonly paddingSamples: number | undefined;
}

/** Parses the Xing/Info tag with LAME's extension, or gives `undefined` for a frame of sound. `frame` is the whole frame. */
export function parseMp3Tag(frame: Buffer, header: Mp3FrameHeader): Mp3Tag | undefined {
  const at = header.sideEndBytes;
  const name = frame.toString('latin1', at, at + 4);
  if ((name !== 'Xing' && name !== 'Info') || frame.length < at + 8) {
    // Fraunhofer's tag lies 32 bytes after the header, whatever the side information.
    return frame.toString('latin1', 36, 40) === 'VBRI'
      ? { frames: undefined, delaySamples: undefined, paddingSamples: undefined }
      : undefined;
  }
  const flags = frame.readUInt32BE(at + 4);
  const frames = (flags & 1) !== 0 && frame.length >= at + 12 ? frame.readUInt32BE(at + 8) : undefined;
  const lame = at + 8 + 4 * (flags & 1) + 4 * ((flags >> 1) & 1) + 100 * ((flags >> 2) & 1) + 4 * ((flags >> 3) & 1);
  // The extension begins with the encoder's name; 21 bytes on come two 12-bit numbers.
  if (frame.length < lame + 24 || !/^(LAME|Lav[cf])/.test(frame.toString('latin1', lame, lame + 4))) {
    return { frames, delaySamples: undefined, paddingSamples: undefined };
  }
  const gaps = frame.readUIntBE(lame + 21, 3);
  return { frames, delaySamples: gaps >> 12, paddingSamples: gaps & 0xfff };
}
