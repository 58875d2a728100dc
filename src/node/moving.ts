/**
 * A home goes into a file, and a file becomes a home: keys, channels and history, under a passphrase of the file's own.
 *
 * A file appears under its name when it is whole, and so does a home: whatever goes wrong leaves nothing half-made.
 */
import { link, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { InternalError, UsageError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import { asNewDevice } from '../core/new-device.ts'
import { readExport, writeExport } from './export-file.ts'
import { type Identity, identityIn, withHomeStore } from './home.ts'
import { acquireLock } from './lock.ts'
import { hasCode, syncFolder } from './private-files.ts'
import type { Store } from './store.ts'
import { createVault, openVault } from './vault.ts'

/** What was moved. */
export interface Moved extends Identity {
  readonly rows: number
}

/**
 * Writes a file with everything a home holds, mode 0600.
 *
 * @param passphrase - of the home.
 * @param path - of a file that does not exist.
 * @param filePassphrase - of the file. Not kept.
 * @throws {UsageError} `FILE_EXISTS`, `NO_PASSPHRASE` for an empty one, `CANNOT_WRITE`, and those of `readHome`.
 */
export async function exportHome(
  home: string,
  passphrase: Secret | undefined,
  path: string,
  filePassphrase: Secret
): Promise<Moved> {
  requireSecret(filePassphrase)
  // Before anything is made there: whoever mistypes a home does not get one.
  const vault = await openVault(home, passphrase)
  try {
    const lock = await acquireLock(home, { isBrief: true })
    try {
      return await withHomeStore(home, vault, (store) => writeFile(store, path, filePassphrase))
    } finally {
      await lock.release()
    }
  } finally {
    vault.storeKey.destroy()
  }
}

async function writeFile(store: Store, path: string, filePassphrase: Secret): Promise<Moved> {
  const draft = `${resolve(path)}.new`
  try {
    await rm(draft, { force: true })
    const file = await open(draft, 'wx', 0o600)
    let rows: number
    try {
      rows = await writeExport(file, filePassphrase, store.all())
    } finally {
      await file.close()
    }
    // A link refuses to replace; a rename would not.
    await link(draft, path)
    await syncFolder(dirname(draft))
    return { ...(await identityIn(store)), rows }
  } catch (cause) {
    if (cause instanceof UsageError || cause instanceof InternalError) throw cause
    if (hasCode(cause, 'EEXIST')) {
      throw new UsageError(
        'FILE_EXISTS',
        `Did not export. There is a file ${path} already, and it may be the only copy of something. Choose another name, or remove it.`,
        { cause }
      )
    }
    throw new UsageError(
      'CANNOT_WRITE',
      `Could not write ${path}. The folder does not exist or may not be written to, or its disk is full. Choose another place, or make room.`,
      { cause }
    )
  } finally {
    await rm(draft, { force: true })
  }
}

/**
 * Makes a home of such a file, as another device of that user: durable when it resolves.
 *
 * @param path - a stranger's file until its passphrase fits.
 * @param home - a folder that does not exist, or is empty.
 * @param passphrase - of the new home; undefined only when the user asked for no protection.
 * @throws {UsageError} `VAULT_EXISTS` when there is something in that folder, `NO_SUCH_FILE`, those of `readExport`,
 * `createVault` and `openStore`.
 */
export async function importHome(
  path: string,
  filePassphrase: Secret,
  home: string,
  passphrase: Secret | undefined
): Promise<Moved> {
  requireSecret(filePassphrase)
  const folder = resolve(home)
  await requireEmpty(folder)
  const file = await open(path, 'r').catch((cause) => {
    throw new UsageError(
      'NO_SUCH_FILE',
      `Cannot import ${path}. It is not there, or may not be read. Give the path of a file that was made with: conclave export`,
      { cause }
    )
  })
  const draft = `${folder}.import`
  try {
    const lock = await acquireLock(draft)
    try {
      for (const name of await readdir(draft)) if (name !== 'lock') await rm(join(draft, name), { recursive: true })
      const moved = await withHomeStore(draft, await createVault(draft, passphrase), (store) =>
        copyInto(store, file, path, filePassphrase)
      )
      await requireEmpty(folder)
      await lock.release()
      await rename(draft, folder)
      await syncFolder(dirname(folder))
      return moved
    } catch (error) {
      await rm(draft, { recursive: true, force: true })
      throw error
    } finally {
      await lock.release().catch(() => {})
    }
  } finally {
    await file.close()
  }
}

async function copyInto(
  store: Store,
  file: Parameters<typeof readExport>[0],
  path: string,
  filePassphrase: Secret
): Promise<Moved> {
  let rows = 0
  for await (const chunk of readExport(file, path, filePassphrase)) {
    const puts = chunk.map(asNewDevice).filter((row) => row !== undefined)
    await store.write({ puts, deletes: [], isDurable: false })
    rows += chunk.length
  }
  await store.write({ puts: [], deletes: [], isDurable: true })
  return { ...(await identityIn(store)), rows }
}

async function requireEmpty(home: string): Promise<void> {
  const names = await readdir(home).catch((error) => {
    if (hasCode(error, 'ENOENT')) return []
    throw error
  })
  if (names.length === 0) return
  throw new UsageError(
    'VAULT_EXISTS',
    `Did not import. There is something in ${home} already, and an identity is never written over. Choose another home with --home.`
  )
}

function requireSecret(secret: Secret): void {
  if (secret.expose().length > 0) return
  throw new UsageError(
    'NO_PASSPHRASE',
    'A passphrase is needed. The file has every key and message in it, and an empty one would protect nothing. Give it with --export-passphrase-file, or at the prompt.'
  )
}
