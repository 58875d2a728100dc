/**
 * Files and folders that only this user can reach, written so that a crash leaves the old or the new, never a mixture.
 *
 * What is too wide or another's is refused, never quietly narrowed: what stood open may have been read. What these
 * functions wrote is on the disk, folder entry included, when they resolve.
 */
import { type FileHandle, link, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { UsageError } from '../base/errors.ts'

/**
 * Makes a folder that only this user can enter, or checks that an existing one is so.
 *
 * @param folder - its parents are made too.
 * @throws {UsageError} `FOLDER_TOO_WIDE` when others may enter it, `FOLDER_NOT_OURS` when it belongs to somebody else.
 */
export async function ensurePrivateFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (first !== undefined) await syncFolder(dirname(resolve(first)))
  await requirePrivate(folder, 'FOLDER')
}

/**
 * Refuses a path that others may read or that others own. Does nothing where modes mean nothing (Windows).
 *
 * @param kind - which name the error carries.
 * @throws {UsageError} `FOLDER_TOO_WIDE`, `FILE_TOO_WIDE`, `FOLDER_NOT_OURS` or `FILE_NOT_OURS`.
 */
export async function requirePrivate(path: string, kind: 'FOLDER' | 'FILE'): Promise<void> {
  if (process.platform === 'win32') return
  const { mode, uid } = await stat(path)
  const narrow = kind === 'FOLDER' ? '700' : '600'
  if (uid !== process.getuid?.()) {
    throw new UsageError(
      `${kind}_NOT_OURS`,
      `Cannot use ${path}. It belongs to user ${uid}, who could read and change what is kept there. ` +
        'Choose another home with --home, or run as the user it belongs to.'
    )
  }
  if ((mode & 0o077) !== 0) {
    throw new UsageError(
      `${kind}_TOO_WIDE`,
      `Cannot use ${path}. Other users of this machine may reach into it (mode ${(mode & 0o777).toString(8)}), and keys are kept there. ` +
        `Make sure nobody did, then run: chmod ${narrow} '${path}'`
    )
  }
}

/**
 * Replaces a file as a whole: after a crash the old or the new content is there, never a mixture. Mode 0600.
 *
 * @param content - not kept.
 * @param isNew - refuse to replace an existing file.
 * @throws {Error} `EEXIST` when `isNew` and the file exists.
 */
export async function writeFileWhole(path: string, content: Uint8Array, isNew = false): Promise<void> {
  const draft = `${path}.new`
  await rm(draft, { force: true })
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  if (isNew) {
    // A link refuses to replace; a rename would not.
    await link(draft, path).finally(() => rm(draft, { force: true }))
  } else {
    await rename(draft, path)
  }
  await syncFolder(dirname(path))
}

/** Makes the names in a folder durable. Does nothing where folders cannot be synced (Windows). */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle: FileHandle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Whether an error of the system carries this code. */
export const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code))
