/**
 * The home folder, and the passphrase that opens it.
 *
 * A passphrase comes from a file or a prompt without echo, never from the command line or the environment's values, and is
 * bytes from there on: it never becomes a string. An identity without protection is made only when somebody said so, or, in
 * the chat's first run with nobody to ask, with a warning that cannot be overlooked.
 */
import { open, stat } from 'node:fs/promises'
import { homedir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import type { Arguments, Options } from './arguments.ts'
import { displayText, type SafeText } from './display-text.ts'
import type { Output } from './output.ts'
import { askSecret } from './prompt.ts'
import { HOME } from './text.ts'

const SOCKET_FILE = 'control.sock'
const MAX_SECRET_BYTES = 4096
const TRIES = 3

/** Where identity and messages are: `--home`, `CONCLAVE_HOME`, or the platform's place for data. */
export function homeOf(options: Options): string {
  const named = options.text('home') ?? process.env['CONCLAVE_HOME']
  if (named !== undefined && named !== '') return resolve(named)
  const { LOCALAPPDATA, XDG_DATA_HOME } = process.env
  if (process.platform === 'win32') return join(LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'conclave')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'conclave')
  return join(XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'conclave')
}

export const socketOf = (home: string): string => join(home, SOCKET_FILE)

/** Whether there is somebody to ask. */
export const canAsk = (options: Options): boolean =>
  process.stdin.isTTY === true && process.stderr.isTTY === true && !options.isOn('no-input') && !options.isOn('json')

/**
 * What opens an existing home. Undefined when it has no protection.
 *
 * @throws {UsageError} `NO_VAULT`, `NO_PASSPHRASE`, `WRONG_PASSPHRASE`, `BAD_SECRET_FILE`, and others of `openVault`.
 */
export async function existingPassphrase(home: string, { options, output }: Arguments): Promise<Secret | undefined> {
  const given = await secretFromFile(options, output)
  const { openVault } = await import('../node/vault.ts')
  if (given === undefined) {
    try {
      const { storeKey } = await openVault(home, undefined)
      storeKey.destroy()
      return undefined
    } catch (error) {
      if (!(error instanceof UsageError) || error.code !== 'NO_PASSPHRASE' || !canAsk(options)) throw error
    }
    return await ask(async (secret) => {
      const { storeKey } = await openVault(home, secret)
      storeKey.destroy()
    }, output)
  }
  return given
}

/** Asks until the passphrase fits, some times. */
async function ask(check: (secret: Secret) => Promise<void>, output: Output): Promise<Secret> {
  for (let tries = 1; ; tries++) {
    const secret = await askSecret(HOME.passphrase)
    try {
      await check(secret)
      return secret
    } catch (error) {
      secret.destroy()
      const isSlip = error instanceof UsageError && ['WRONG_PASSPHRASE', 'NO_PASSPHRASE'].includes(error.code)
      if (!isSlip || tries >= TRIES) throw error
      output.note(HOME.wrong)
    }
  }
}

/**
 * What a new home is to be protected with; undefined when it is to have no protection.
 *
 * @param mayBeOpen - whether to go on without protection when nobody can be asked and nobody said anything.
 * @throws {UsageError} `PROTECTION_NEEDED`, `BAD_OPTION`, `BAD_SECRET_FILE`, `INTERRUPTED`
 */
export async function newPassphrase({ options, output }: Arguments, mayBeOpen: boolean): Promise<Secret | undefined> {
  const given = await secretFromFile(options, output)
  const isOpen = options.isOn('no-passphrase')
  if (given !== undefined) {
    if (isOpen && options.has('passphrase-file')) throw new UsageError('BAD_OPTION', HOME.twoSecrets)
    if (!isOpen) return given
  }
  if (!isOpen && canAsk(options)) {
    const chosen = await chooseSecret(output)
    if (chosen !== undefined) return chosen
  } else if (!isOpen && !mayBeOpen) throw new UsageError('PROTECTION_NEEDED', HOME.needsChoice)
  for (const line of HOME.unprotected) output.note(line)
  return undefined
}

async function chooseSecret(output: Output): Promise<Secret | undefined> {
  const chosen = await askTwice(HOME.newPassphrase, output)
  return chosen.expose().length === 0 ? undefined : chosen
}

/** Asks until the same is typed twice; for an empty one once. */
async function askTwice(prompt: SafeText, output: Output): Promise<Secret> {
  for (;;) {
    const first = await askSecret(prompt)
    if (first.expose().length === 0) return first
    const second = await askSecret(HOME.again)
    const isSame = first.equals(second)
    second.destroy()
    if (isSame) return first
    first.destroy()
    output.note(HOME.differ)
  }
}

/**
 * The passphrase of an exported identity, which is never that of a home unless somebody wants it so.
 *
 * @param isNew - whether it is chosen now, and so asked for twice.
 * @throws {UsageError} `NO_PASSPHRASE` when there is nobody to ask, `BAD_SECRET_FILE`, `INTERRUPTED`
 */
export async function exportPassphrase({ options, output }: Arguments, isNew: boolean): Promise<Secret> {
  const given = await secretIn(options.text('export-passphrase-file'), output)
  if (given !== undefined) return given
  if (!canAsk(options)) throw new UsageError('NO_PASSPHRASE', HOME.needsExportPassphrase)
  return isNew ? await askTwice(HOME.exportPassphrase, output) : await askSecret(HOME.exportPassphrase)
}

const secretFromFile = (options: Options, output: Output): Promise<Secret | undefined> =>
  secretIn(options.text('passphrase-file') ?? process.env['CONCLAVE_PASSPHRASE_FILE'], output)

async function secretIn(path: string | undefined, output: Output): Promise<Secret | undefined> {
  if (path === undefined || path === '') return undefined
  const buffer = new Uint8Array(MAX_SECRET_BYTES + 1)
  let length = 0
  try {
    const file = await open(path, 'r')
    try {
      for (;;) {
        const { bytesRead } = await file.read(buffer, length, buffer.length - length)
        length += bytesRead
        if (bytesRead === 0 || length === buffer.length) break
      }
    } finally {
      await file.close()
    }
    const { mode } = await stat(path)
    if (process.platform !== 'win32' && (mode & 0o170000) === 0o100000 && (mode & 0o077) !== 0) {
      output.note(HOME.wideSecret(displayText(path, { lines: 1 })))
    }
  } catch (cause) {
    throw new UsageError('BAD_SECRET_FILE', HOME.noSecretFile(displayText(path, { lines: 1 })), { cause })
  }
  // The newline that editors put at the end of a file is not part of a passphrase.
  if (buffer[length - 1] === 0x0a) length--
  if (buffer[length - 1] === 0x0d) length--
  const secret = new Secret(buffer.slice(0, length))
  buffer.fill(0)
  if (length === 0 || length > MAX_SECRET_BYTES) {
    throw new UsageError('BAD_SECRET_FILE', HOME.noSecretFile(displayText(path, { lines: 1 })))
  }
  return secret
}

/**
 * The nick of a new identity: as asked, or the name of the system's user, or one to begin with.
 *
 * @throws {UsageError} `BAD_NICK`
 */
export async function newNick(options: Options): Promise<string> {
  const { tidyNick } = await import('../core/identity/nick.ts')
  const asked = options.text('name')
  if (asked !== undefined) {
    const nick = tidyNick(asked)
    if (nick === undefined) throw new UsageError('BAD_NICK', HOME.badNick)
    return nick
  }
  const { randomInt } = await import('node:crypto')
  const pick = (from: readonly string[]): string => from[randomInt(from.length)]!
  return tidyNick(systemName()) ?? `${pick(COLOURS)}-${pick(ANIMALS)}-${randomInt(10, 100)}`
}

function systemName(): string {
  try {
    return userInfo().username
  } catch {
    return ''
  }
}

const COLOURS = ['amber', 'azure', 'coral', 'green', 'ivory', 'lilac', 'olive', 'ruby', 'silver', 'teal']
const ANIMALS = ['badger', 'crane', 'dolphin', 'falcon', 'heron', 'lynx', 'marten', 'otter', 'robin', 'weasel']
