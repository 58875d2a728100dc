/**
 * The vault: the file of a home that holds the key of everything else at rest.
 *
 * The home is private (0700) before anything is written into it. The vault file is on the disk, folder entry included,
 * before anything sealed under its key can exist. Its parameters are authenticated with the key they protect, and bounded
 * before they are obeyed.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { copyBytes, equalBytes, hex, readUtf8, unhex, utf8 } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { openAtRest, sealAtRest } from '../crypto/aead.ts'
import { mac } from '../crypto/kdf.ts'
import { framed, LABEL } from '../crypto/labels.ts'
import { type StretchCost, stretchPassphrase } from '../crypto/password.ts'
import { ensurePrivateFolder, hasCode, requirePrivate, writeFileWhole } from './private-files.ts'

const VAULT_VERSION = 1
const VAULT_FILE = 'vault.json'
const MAX_VAULT_BYTES = 4096
const KEY_BYTES = 32
const SALT_BYTES = 16

/** What one guess at a passphrase costs in a new vault. */
export const COST = { memoryKiB: 64 * 1024, passes: 3 } as const
/** What a vault file may ask of us: it is read before it can be authenticated. */
const MAX_COST = { memoryKiB: 1024 * 1024, passes: 16 } as const

/** An opened vault. */
export interface Vault {
  /** 32 random bytes under which the store seals. The caller destroys it. */
  readonly storeKey: Secret
  /** `none` means that whoever reads the disk reads everything: say so to the user. */
  readonly protection: 'passphrase' | 'none'
}

/**
 * Makes a home and its vault with a fresh store key; durable when it resolves. The caller holds the home's lock.
 *
 * @param home - made, with its parents, when it does not exist.
 * @param passphrase - its bytes are not kept; undefined only when the user asked for no protection.
 * @throws {UsageError} `VAULT_EXISTS`, `NO_PASSPHRASE` for an empty one, and those of `ensurePrivateFolder`.
 */
export async function createVault(home: string, passphrase: Secret | undefined): Promise<Vault> {
  await ensurePrivateFolder(home)
  const storeKey = new Secret(new Uint8Array(randomBytes(KEY_BYTES)))
  try {
    await writeFileWhole(join(home, VAULT_FILE), encode(wrap(storeKey, passphrase)), true)
  } catch (cause) {
    if (!hasCode(cause, 'EEXIST')) throw cause
    throw new UsageError(
      'VAULT_EXISTS',
      `Did not make an identity. ${home} already holds one, and a new vault would make it unreadable for ever. ` +
        'Use it as it is, or choose another home with --home.',
      { cause }
    )
  }
  return { storeKey, protection: passphrase === undefined ? 'none' : 'passphrase' }
}

/**
 * Opens the vault of a home. With a passphrase it blocks for 0.1 to 0.3 s.
 *
 * @param passphrase - its bytes are not kept.
 * @throws {UsageError} `NO_VAULT`, `NO_PASSPHRASE` when one is needed, `WRONG_PASSPHRASE`, `DAMAGED_VAULT`,
 * `VAULT_TOO_NEW`, `VAULT_NOT_PROTECTED` when a passphrase is given and the vault has none (whoever gives one believes
 * that it protects), and those of `requirePrivate`.
 */
export async function openVault(home: string, passphrase: Secret | undefined): Promise<Vault> {
  const path = join(home, VAULT_FILE)
  let content: Uint8Array
  try {
    await requirePrivate(home, 'FOLDER')
    await requirePrivate(path, 'FILE')
    content = await readFile(path)
  } catch (cause) {
    if (!hasCode(cause, 'ENOENT')) throw cause
    throw new UsageError(
      'NO_VAULT',
      `There is no identity in ${home}. The folder or its vault file does not exist. Make one with: conclave init`,
      { cause }
    )
  }
  const form = decode(content, path)
  return { storeKey: unwrap(form, passphrase, path), protection: form.protection }
}

/**
 * Wraps the same store key under another passphrase; what the store holds stays as it is. Old blocks of the disk may
 * still hold the old wrapping: a passphrase that somebody knows is cured by a new home, not by this.
 *
 * @param from - the passphrase of today, undefined when there is none.
 * @param to - the new one, undefined only when the user asked for no protection.
 * @throws {UsageError} those of `openVault`.
 */
export async function changePassphrase(home: string, from: Secret | undefined, to: Secret | undefined): Promise<void> {
  const { storeKey } = await openVault(home, from)
  try {
    await writeFileWhole(join(home, VAULT_FILE), encode(wrap(storeKey, to)))
  } finally {
    storeKey.destroy()
  }
}

/** The vault file. Fields of a form come in this order: their JSON is what is authenticated and summed. */
type Form =
  | { readonly version: number; readonly protection: 'none'; readonly storeKey: string; readonly check: string }
  | (Parameters & { readonly sealedKey: string })

interface Parameters {
  readonly version: number
  readonly protection: 'passphrase'
  readonly kdf: 'argon2id'
  readonly memoryKiB: number
  readonly passes: number
  readonly salt: string
}

function wrap(storeKey: Secret, passphrase: Secret | undefined): Form {
  const key = storeKey.expose()
  if (passphrase === undefined) {
    return { version: VAULT_VERSION, protection: 'none', storeKey: hex(key), check: hex(keyCheck(key)) }
  }
  if (passphrase.expose().length === 0)
    throw noPassphrase('An empty passphrase was given, and it would protect nothing.')
  const salt = randomBytes(SALT_BYTES)
  const parameters: Parameters = {
    version: VAULT_VERSION,
    protection: 'passphrase',
    kdf: 'argon2id',
    ...COST,
    salt: hex(salt)
  }
  const wrappingKey = stretchPassphrase(passphrase.expose(), salt, COST)
  const sealedKey = hex(sealAtRest(wrappingKey, contextOf(parameters), key, randomBytes(32)))
  wrappingKey.fill(0)
  return { ...parameters, sealedKey }
}

function unwrap(form: Form, passphrase: Secret | undefined, path: string): Secret {
  if (form.protection === 'none') {
    if (passphrase !== undefined) {
      throw new UsageError(
        'VAULT_NOT_PROTECTED',
        `Did not open ${path}. A passphrase was given, but this vault was made without one, so it protects nothing. ` +
          'Leave the passphrase out, or make a new home with one.'
      )
    }
    const key = bytesOf(form.storeKey, KEY_BYTES)
    const check = bytesOf(form.check, 32)
    if (key === undefined || check === undefined || !equalBytes(keyCheck(key), check)) throw damaged(path)
    return new Secret(key)
  }
  if (passphrase === undefined || passphrase.expose().length === 0) {
    throw noPassphrase(`${path} is protected by one.`)
  }
  const salt = bytesOf(form.salt, SALT_BYTES)
  const sealed = bytesOf(form.sealedKey, 32 + KEY_BYTES + 16)
  if (salt === undefined || sealed === undefined || !isWithinBounds(form)) throw damaged(path)
  const wrappingKey = stretchPassphrase(passphrase.expose(), salt, form)
  const key = openAtRest(wrappingKey, contextOf(form), sealed)
  wrappingKey.fill(0)
  if (key === undefined || key.length !== KEY_BYTES) {
    throw new UsageError(
      'WRONG_PASSPHRASE',
      `Could not open ${path}. The passphrase does not fit it. Type it again; look at the keyboard layout and at caps lock.`
    )
  }
  return new Secret(copyBytes(key))
}

/** A tampered file must make us neither allocate without end nor guess cheaply. */
export const isWithinBounds = ({ memoryKiB, passes }: StretchCost): boolean =>
  Number.isInteger(memoryKiB) &&
  Number.isInteger(passes) &&
  memoryKiB >= COST.memoryKiB &&
  memoryKiB <= MAX_COST.memoryKiB &&
  passes >= COST.passes &&
  passes <= MAX_COST.passes

const contextOf = ({ version, protection, kdf, memoryKiB, passes, salt }: Parameters): Uint8Array =>
  framed(LABEL.vaultWrap, utf8(JSON.stringify({ version, protection, kdf, memoryKiB, passes, salt })))

const keyCheck = (key: Uint8Array): Uint8Array => mac(key, LABEL.vaultCheck)

/** The sum tells accidental damage from a wrong passphrase; it protects against nobody. */
const sumOf = (form: object): string => createHash('sha256').update(JSON.stringify(form)).digest('hex')

const encode = (form: Form): Uint8Array => utf8(`${JSON.stringify({ ...form, sum: sumOf(form) }, null, 2)}\n`)

function decode(content: Uint8Array, path: string): Form {
  if (content.length > MAX_VAULT_BYTES) throw damaged(path)
  let parsed: unknown
  try {
    parsed = JSON.parse(readUtf8(content) ?? '')
  } catch {
    throw damaged(path)
  }
  if (typeof parsed !== 'object' || parsed === null || !('sum' in parsed)) throw damaged(path)
  const { sum, ...form } = parsed as { sum: unknown; version?: unknown; protection?: unknown; kdf?: unknown }
  if (sum !== sumOf(form)) throw damaged(path)
  if (typeof form.version === 'number' && form.version > VAULT_VERSION) {
    throw new UsageError(
      'VAULT_TOO_NEW',
      `Cannot open ${path}. A newer version of conclave wrote it (form ${form.version}). Install that version again.`
    )
  }
  const isKnown = form.protection === 'none' || (form.protection === 'passphrase' && form.kdf === 'argon2id')
  if (form.version !== VAULT_VERSION || !isKnown) throw damaged(path)
  return form as unknown as Form
}

function bytesOf(text: unknown, length: number): Uint8Array | undefined {
  if (typeof text !== 'string' || text.length !== 2 * length || !/^[0-9a-f]*$/.test(text)) return undefined
  return unhex(text)
}

const noPassphrase = (why: string): UsageError =>
  new UsageError('NO_PASSPHRASE', `A passphrase is needed. ${why} Give it with --passphrase-file, or at the prompt.`)

const damaged = (path: string): UsageError =>
  new UsageError(
    'DAMAGED_VAULT',
    `Cannot open ${path}. Its content is damaged, so the key of the store cannot be had from it. Put it back from a backup.`
  )
