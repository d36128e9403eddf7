import { crc32, deflateRawSync } from 'node:zlib';

/** A file to be put in an archive; what is given beside path and content is written as it is, right or wrong. */
export interface ZipPart {
  readonly path: string;
  readonly content: Uint8Array | string;
  readonly stored?: boolean;
  readonly flags?: number;
  readonly method?: number;
  /** Unix mode, type included. */
  readonly mode?: number;
  readonly bytes?: number;
  readonly crc32?: number;
  readonly offset?: number;
}

/** A ZIP archive of the parts, for tests: right where the parts are. */
export function makeZip(parts: readonly ZipPart[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const part of parts) {
    const content = Buffer.from(part.content as string);
    const packed = part.stored === true ? content : deflateRawSync(content);
    const name = Buffer.from(part.path);
    const method = part.method ?? (part.stored === true ? 0 : 8);
    const sum = part.crc32 ?? crc32(content);
    const bytes = part.bytes ?? content.length;
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(part.flags ?? 0x800, 2);
    shared.writeUInt16LE(method, 4);
    shared.writeUInt32LE(sum, 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(bytes, 18);
    shared.writeUInt16LE(name.length, 22);
    locals.push(Buffer.from('PK\x03\x04', 'latin1'), shared, name, packed);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((part.mode ?? 0o100644) << 16) >>> 0, 6);
    tail.writeUInt32LE(part.offset ?? offset, 10);
    central.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), shared, tail, name);
    offset += 30 + name.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
