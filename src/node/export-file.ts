/**
 * The file of an exported identity: a line that says how its key is made of a passphrase, then sealed chunks of rows.
 *
 * Chunks are sealed as in the STREAM construction: ChaCha20-Poly1305, one key for each file from a fresh salt, the nonce is
 * the number of the chunk and whether it is the last. So no chunk can be changed, moved, left out, or cut off. One chunk is
 * in memory at a time.
 *
 * @see Hoang, Reyhanitabar, Rogaway, Vizár: Online authenticated-encryption and its nonce-reuse misuse-resistance (2015)
 */
import { createHash, randomBytes } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { assert } from '../base/assert.ts'
import { EMPTY, equalBytes, hex, joinBytes, readUtf8, u32, u64, unhex, utf8 } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { AEAD_TAG_BYTES, open, seal } from '../crypto/aead.ts'
import { derive, mac } from '../crypto/kdf.ts'
import { LABEL } from '../crypto/labels.ts'
import { PASSPHRASE_SALT_BYTES, stretchPassphrase } from '../crypto/password.ts'
import { ExportedRows } from '../wire/rows.ts'
import type { Row } from './store.ts'
import { COST, isWithinBounds } from './vault.ts'

const VERSION = 1
const MAX_HEADER_BYTES = 1024
/** Bytes of rows that go into a chunk; the last row may go beyond. */
const CHUNK_BYTES = 1024 * 1024
/** What a row costs beside its names and its value. */
const ROW_BYTES = 32
const MAX_CHUNK_BYTES = 16 * 1024 * 1024

/** The first line. Its JSON, in this order and without `check` and `sum`, is bound into the key. */
interface Header {
  readonly conclave: 'export'
  readonly version: number
  readonly kdf: 'argon2id'
  readonly memoryKiB: number
  readonly passes: number
  readonly salt: string
}

/**
 * Writes rows; they are on the disk when it resolves.
 *
 * @param file - empty, at its beginning.
 * @param passphrase - not empty; not kept.
 * @returns how many rows.
 */
export async function writeExport(file: FileHandle, passphrase: Secret, rows: AsyncIterable<Row>): Promise<number> {
  const salt = hex(randomBytes(PASSPHRASE_SALT_BYTES))
  const header: Header = { conclave: 'export', version: VERSION, kdf: 'argon2id', ...COST, salt }
  const key = keyOf(header, passphrase)
  try {
    const checked = { ...header, check: hex(mac(key.expose(), LABEL.exportCheck)) }
    await writeAll(file, utf8(`${JSON.stringify({ ...checked, sum: sumOf(checked) })}\n`))
    let index = 0
    const writeChunk = async (chunk: readonly Row[], isLast: boolean): Promise<void> => {
      const plaintext = ExportedRows.encode({ rows: chunk.map(toForm) })
      const sealed = seal(key.expose(), nonceOf(index++, isLast), EMPTY, plaintext)
      plaintext.fill(0)
      assert(sealed.length <= MAX_CHUNK_BYTES, 'a chunk can be read again')
      await writeAll(file, joinBytes(u32(sealed.length), sealed))
    }
    let chunk: Row[] = []
    let bytes = 0
    let count = 0
    for await (const row of rows) {
      chunk.push(row)
      bytes += bytesOf(row)
      count++
      if (bytes < CHUNK_BYTES) continue
      await writeChunk(chunk, false)
      chunk = []
      bytes = 0
    }
    await writeChunk(chunk, true)
    await file.sync()
    return count
  } finally {
    key.destroy()
  }
}

/**
 * Reads rows, chunk by chunk. Nothing of a chunk is given before all of it is known to be right; only the end of the
 * iteration says that the file is whole.
 *
 * @param file - at its beginning.
 * @param path - for the errors.
 * @param passphrase - not kept.
 * @throws {UsageError} `NOT_AN_EXPORT`, `EXPORT_TOO_NEW`, `WRONG_PASSPHRASE`, `DAMAGED_EXPORT`
 */
export async function* readExport(file: FileHandle, path: string, passphrase: Secret): AsyncGenerator<readonly Row[]> {
  const { header, check, length } = await readHeader(file, path)
  const key = keyOf(header, passphrase)
  try {
    if (!equalBytes(mac(key.expose(), LABEL.exportCheck), check)) {
      throw new UsageError(
        'WRONG_PASSPHRASE',
        `Could not open ${path}. The passphrase does not fit it: it is the one given when the file was made. Type it again.`
      )
    }
    let offset = length
    let isLast = false
    for (let index = 0; !isLast; index++) {
      const sealedBytes = new DataView((await take(file, path, offset, 4)).buffer).getUint32(0)
      if (sealedBytes < AEAD_TAG_BYTES || sealedBytes > MAX_CHUNK_BYTES) throw damaged(path)
      const sealed = await take(file, path, offset + 4, sealedBytes)
      offset += 4 + sealedBytes
      const more = open(key.expose(), nonceOf(index, false), EMPTY, sealed)
      const plaintext = more ?? open(key.expose(), nonceOf(index, true), EMPTY, sealed)
      if (plaintext === undefined) throw damaged(path)
      isLast = more === undefined
      yield ExportedRows.decode(plaintext).rows.map(toRow)
    }
    if ((await file.read(new Uint8Array(1), 0, 1, offset)).bytesRead > 0) throw damaged(path)
  } finally {
    key.destroy()
  }
}

/** A disk that is nearly full may take a part and say nothing. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) written += (await file.write(bytes, written)).bytesWritten
}

const bytesOf = ({ room, entry, value, cohort }: Row): number =>
  room.length + entry.length + value.length + (cohort?.name.length ?? 0) + ROW_BYTES

async function readHeader(
  file: FileHandle,
  path: string
): Promise<{ header: Header; check: Uint8Array; length: number }> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(MAX_HEADER_BYTES), 0, MAX_HEADER_BYTES, 0)
  const end = buffer.subarray(0, bytesRead).indexOf(0x0a)
  const parsed = parse(readUtf8(buffer.subarray(0, Math.max(0, end))) ?? '')
  if (parsed === undefined || parsed['conclave'] !== 'export') {
    throw new UsageError(
      'NOT_AN_EXPORT',
      `Cannot import ${path}. It does not begin as an exported identity does: it is another file, or its beginning is damaged. ` +
        'Give a file that was made with: conclave export'
    )
  }
  const { sum, ...checked } = parsed
  if (sum !== sumOf(checked)) throw damaged(path)
  const { check, ...fields } = checked
  const header = fields as unknown as Header
  if (typeof header.version === 'number' && header.version > VERSION) {
    throw new UsageError(
      'EXPORT_TOO_NEW',
      `Cannot import ${path}. A newer version of conclave made it (form ${header.version}). Install that version first.`
    )
  }
  const isSalt = typeof header.salt === 'string' && /^[0-9a-f]{32}$/.test(header.salt)
  const isCheck = typeof check === 'string' && /^[0-9a-f]{64}$/.test(check)
  if (header.version !== VERSION || header.kdf !== 'argon2id' || !isSalt || !isCheck || !isWithinBounds(header))
    throw damaged(path)
  return { header, check: unhex(check), length: end + 1 }
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

async function take(file: FileHandle, path: string, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  const { bytesRead } = await file.read(bytes, 0, length, offset)
  if (bytesRead === length) return bytes
  throw new UsageError(
    'DAMAGED_EXPORT',
    `Cannot import ${path}. It ends too early: only a part of it was copied or saved. Nothing was imported: copy all of it again.`
  )
}

function keyOf({ conclave, version, kdf, memoryKiB, passes, salt }: Header, passphrase: Secret): Secret {
  const stretched = stretchPassphrase(passphrase.expose(), unhex(salt), { memoryKiB, passes })
  const bound = utf8(JSON.stringify({ conclave, version, kdf, memoryKiB, passes, salt }))
  const key = new Secret(derive(stretched, LABEL.exportKey, bound))
  stretched.fill(0)
  return key
}

const nonceOf = (index: number, isLast: boolean): Uint8Array => joinBytes(u32(isLast ? 1 : 0), u64(index))

/** Tells accidental damage of the line from a wrong passphrase; protects against nobody. */
const sumOf = (checked: object): string => createHash('sha256').update(JSON.stringify(checked)).digest('hex')

const toForm = ({ room, entry, order = 0, value, cohort }: Row) => ({
  room,
  entry,
  order,
  value,
  cohort: cohort?.name ?? '',
  since: cohort?.since ?? 0
})

const toRow = ({ cohort, since, ...row }: ReturnType<typeof toForm>): Row =>
  cohort === '' ? row : { ...row, cohort: { name: cohort, since } }

const damaged = (path: string): UsageError =>
  new UsageError(
    'DAMAGED_EXPORT',
    `Cannot import ${path}. A part of it is damaged, and nothing of it can be trusted then. Nothing was imported: take another copy.`
  )
