/**
 * LevelDB's files, checked before LevelDB sees them.
 *
 * LevelDB 1.20 as classic-level builds it verifies no checksum of a table, skips damaged records of its log without an
 * error, and takes a damaged length at the end of a log for a torn write. Each of these would be a silently missing row.
 * What is live is what the manifest says; leftovers of a crash are not looked at, and a record that the end of the process
 * tore off is not damage.
 *
 * @see leveldb doc/log_format.md, doc/table_format.md
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { joinBytes } from '../base/bytes.ts'
import { hasCode } from './private-files.ts'
import { damagedStore } from './store.ts'

const LOG_BLOCK_BYTES = 32 * 1024
const LOG_HEADER_BYTES = 7
const TABLE_FOOTER_BYTES = 48
const TABLE_MAGIC = '57fb808b247547db'
const BLOCK_TRAILER_BYTES = 5
/** Rows end in ciphertext or a keyed hash, so this many zeros were never written (a power cut leaves such ends). */
const UNWRITTEN_BYTES = 4

/**
 * Reads every live file of a database.
 *
 * @throws {UsageError} `DAMAGED_STORE` naming the file.
 */
export async function checkFiles(folder: string): Promise<void> {
  let name = 'CURRENT'
  try {
    name = (await readFile(join(folder, name), 'utf8')).trimEnd()
    if (!/^MANIFEST-\d+$/.test(name)) throw new RangeError('CURRENT names no manifest')
    const { tables, firstLog, previousLog } = liveFiles(logRecords(await readFile(join(folder, name))))
    for (const number of tables) {
      name = await fileOf(folder, number, 'ldb', 'sst')
      checkTable(await readFile(join(folder, name)))
    }
    const logs = (await readdir(folder)).filter((file) => file.endsWith('.log'))
    name = await fileOf(folder, firstLog, 'log')
    for (name of logs) {
      const number = Number.parseInt(name, 10)
      if (number >= firstLog || number === previousLog) logRecords(await readFile(join(folder, name)))
    }
  } catch (cause) {
    if (!(cause instanceof RangeError) && !hasCode(cause, 'ENOENT')) throw cause
    throw damagedStore(`The file ${join(folder, name)} of the store`, cause)
  }
}

async function fileOf(folder: string, number: number, ...endings: readonly string[]): Promise<string> {
  const names = endings.map((ending) => `${String(number).padStart(6, '0')}.${ending}`)
  const found = (await readdir(folder)).find((name) => names.includes(name))
  if (found === undefined) throw new RangeError(`${names[0]} is missing`)
  return found
}

/** @throws {RangeError} when a record is damaged, unless it is the torn end of the file. */
function logRecords(file: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = []
  let fragments: Uint8Array[] = []
  let offset = 0
  while (file.length - offset >= LOG_HEADER_BYTES) {
    const blockLeft = LOG_BLOCK_BYTES - (offset % LOG_BLOCK_BYTES)
    if (blockLeft < LOG_HEADER_BYTES) {
      offset += blockLeft
      continue
    }
    const length = file[offset + 4]! | (file[offset + 5]! << 8)
    const type = file[offset + 6]!
    const end = offset + LOG_HEADER_BYTES + length
    const isWhole = LOG_HEADER_BYTES + length <= blockLeft && end <= file.length
    if (!isWhole || unmasked(file, offset) !== crc32c(file, offset + 6, end)) {
      if (isTorn(file, offset, end, isWhole || LOG_HEADER_BYTES + length > blockLeft)) break
      throw new RangeError(`the record at ${offset} is damaged`)
    }
    // Types: 1 whole, 2 first, 3 middle, 4 last.
    if (type === 1 || type === 2) fragments = []
    fragments.push(file.subarray(offset + LOG_HEADER_BYTES, end))
    if (type === 1 || type === 4) records.push(joinBytes(...fragments))
    offset = end
  }
  return records
}

/**
 * Whether the process or the machine died while writing the record at `offset`: the file ends within it, and no shorter
 * length would make it whole (that would be a damaged length); or the file ends in bytes that never reached the disk.
 */
function isTorn(file: Uint8Array, offset: number, end: number, isLengthWithin: boolean): boolean {
  const unwritten = file.findLastIndex((byte) => byte !== 0) + 1
  if (unwritten < end && file.length - unwritten >= UNWRITTEN_BYTES) return true
  if (isLengthWithin) return false
  const wanted = unmasked(file, offset)
  let crc = 0xffffffff
  for (let i = offset + 6; i < file.length; i++) {
    crc = CRC_TABLE[(crc ^ file[i]!) & 0xff]! ^ (crc >>> 8)
    const nextType = file[i + LOG_HEADER_BYTES]
    if ((crc ^ 0xffffffff) >>> 0 === wanted && (nextType === undefined || (nextType >= 1 && nextType <= 4)))
      return false
  }
  return true
}

interface LiveFiles {
  readonly tables: ReadonlySet<number>
  readonly firstLog: number
  readonly previousLog: number
}

/** What the edits of a manifest add up to. */
function liveFiles(edits: readonly Uint8Array[]): LiveFiles {
  const tables = new Set<number>()
  let firstLog = 0
  let previousLog = 0
  for (const edit of edits) {
    const reader = new VarintReader(edit)
    while (!reader.isAtEnd) {
      const tag = reader.varint()
      if (tag === 1) reader.skip()
      else if (tag === 2) firstLog = reader.varint()
      else if (tag === 3 || tag === 4) reader.varint()
      else if (tag === 5) reader.level().skip()
      else if (tag === 6) tables.delete(reader.level().varint())
      else if (tag === 7) {
        tables.add(reader.level().varint())
        reader.varint()
        reader.skip().skip()
      } else if (tag === 9) previousLog = reader.varint()
      else throw new RangeError(`the manifest has an unknown field ${tag}`)
    }
  }
  return { tables, firstLog, previousLog }
}

class VarintReader {
  readonly #bytes: Uint8Array
  offset: number

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes
    this.offset = offset
  }

  get isAtEnd(): boolean {
    return this.offset >= this.#bytes.length
  }

  varint(): number {
    let value = 0
    for (let factor = 1; factor < 2 ** 53; factor *= 128) {
      const byte = this.#bytes[this.offset++]
      if (byte === undefined) break
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    throw new RangeError('a number is cut short')
  }

  level(): this {
    this.varint()
    return this
  }

  skip(): this {
    const length = this.varint()
    this.offset += length
    return this
  }
}

/** @throws {RangeError} when a block of the table is damaged. */
function checkTable(file: Uint8Array): void {
  const footer = file.subarray(-TABLE_FOOTER_BYTES)
  if (Buffer.from(footer.subarray(-8)).toString('hex') !== TABLE_MAGIC) throw new RangeError('a table has no end')
  const handles = new VarintReader(footer)
  const metaBlock = checkBlock(file, handles)
  const indexBlock = checkBlock(file, handles)
  for (const block of [metaBlock, indexBlock]) {
    const restarts = view(block).getUint32(block.length - 4, true)
    const reader = new VarintReader(block)
    while (reader.offset < block.length - 4 - 4 * restarts) {
      reader.varint()
      const keyBytes = reader.varint()
      const valueBytes = reader.varint()
      reader.offset += keyBytes
      checkBlock(file, new VarintReader(block, reader.offset))
      reader.offset += valueBytes
    }
  }
}

function checkBlock(file: Uint8Array, handle: VarintReader): Uint8Array {
  const offset = handle.varint()
  const end = offset + handle.varint()
  if (end + BLOCK_TRAILER_BYTES > file.length - TABLE_FOOTER_BYTES)
    throw new RangeError('a block lies outside its table')
  // The type before the checksum is 0: we write without compression.
  if (file[end] !== 0 || unmasked(file, end + 1) !== crc32c(file, offset, end + 1)) {
    throw new RangeError(`the block at ${offset} is damaged`)
  }
  return file.subarray(offset, end)
}

/** A checksum as LevelDB stores it, turned back. */
function unmasked(bytes: Uint8Array, offset: number): number {
  const rotated = (view(bytes).getUint32(offset, true) - 0xa282ead8) >>> 0
  return ((rotated >>> 17) | (rotated << 15)) >>> 0
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  return crc
})

/** CRC-32C (RFC 3720 §12.1) of the bytes from `start` up to `end`. */
function crc32c(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0xffffffff
  for (let i = start; i < end; i++) crc = CRC_TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
