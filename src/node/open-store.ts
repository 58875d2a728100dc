/**
 * Opens the store of a folder, makes it when there is none, and brings one of an older form to the newest.
 *
 * A store appears under its name only when it is whole, so that a missing file later is damage and not a beginning. One of
 * an older form is copied, row by row, into a new one beside it; then the two change places by two renames. Whatever ends
 * this, at any point, leaves the old store or the new one, and the next opening clears away the rest.
 */
import { rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Secret } from '../base/secret.ts'
import { CohortKeys } from './cohort-keys.ts'
import { BUFFER_BYTES, LevelStore, makeStore, openDatabase, rowsOf } from './level-store.ts'
import { STEPS } from './migrations.ts'
import { ensurePrivateFolder, hasCode, requirePrivate, syncFolder } from './private-files.ts'
import { SCHEMA_VERSION, SealedRows, schemaKeyOf } from './sealed-rows.ts'
import type { Row, Store } from './store.ts'

/** Bytes of rows that are copied at once. */
const COPIED_BYTES = 1024 * 1024

/**
 * Opens it. The caller holds the home's lock.
 *
 * @param folder - mode 0700; made whole when it does not exist.
 * @param storeKey - 32 bytes; not kept, keys derived from it are.
 * @param bufferBytes - what LevelDB buffers before it moves to tables; for tests.
 * @throws {UsageError} `DAMAGED_STORE` (also for a key of another vault), `SCHEMA_TOO_NEW`, `HOME_IN_USE`, `STORE_FAILED`
 * when the disk does not take it, and those of `requirePrivate`.
 */
export async function openStore(folder: string, storeKey: Secret, bufferBytes = BUFFER_BYTES): Promise<Store> {
  const beside = { draft: `${resolve(folder)}.new`, old: `${resolve(folder)}.old` }
  if (!(await exists(folder)) && (await exists(beside.old))) {
    // It ended between the two renames: the draft is whole.
    await rename(beside.draft, folder)
    await syncFolder(dirname(resolve(folder)))
  }
  for (const leftover of Object.values(beside)) await rm(leftover, { recursive: true, force: true })
  if (!(await exists(folder))) {
    await ensurePrivateFolder(dirname(resolve(folder)))
    await makeWhole(beside.draft, storeKey)
    await rename(beside.draft, folder)
    await syncFolder(dirname(resolve(folder)))
  }
  await requirePrivate(folder, 'FOLDER')
  const schemaKey = schemaKeyOf(storeKey)
  try {
    let opened = await openDatabase(folder, schemaKey, bufferBytes)
    if (opened.schema.version < SCHEMA_VERSION) {
      await opened.database.close()
      await migrate(folder, storeKey, schemaKey, beside)
      opened = await openDatabase(folder, schemaKey, bufferBytes)
    }
    return await LevelStore.open(folder, opened, storeKey, bufferBytes)
  } finally {
    schemaKey.destroy()
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false
    throw error
  }
}

async function makeWhole(draft: string, storeKey: Secret): Promise<void> {
  try {
    await makeStore(draft, storeKey)
    await syncFolder(draft)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  }
}

/** Puts a copy of the newest form in the place of a store of an older one. */
async function migrate(
  folder: string,
  storeKey: Secret,
  schemaKey: Secret,
  { draft, old }: { readonly draft: string; readonly old: string }
): Promise<void> {
  await makeWhole(draft, storeKey)
  try {
    await copy(folder, draft, storeKey, schemaKey)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  }
  await rename(folder, old)
  await rename(draft, folder)
  await syncFolder(dirname(folder))
  await rm(old, { recursive: true })
}

async function copy(from: string, to: string, storeKey: Secret, schemaKey: Secret): Promise<void> {
  const { database, schema } = await openDatabase(from, schemaKey, BUFFER_BYTES)
  // The older form knows no cohorts; the keys of the draft stand in for none.
  const none = await CohortKeys.open(to, storeKey)
  const sealed = new SealedRows(schema, storeKey, none)
  try {
    const store = await LevelStore.open(to, await openDatabase(to, schemaKey, BUFFER_BYTES), storeKey)
    try {
      let puts: Row[] = []
      let bytes = 0
      for await (const row of rowsOf(database, sealed)) {
        const changed = STEPS.slice(schema.version - 1).reduce((one, step) => step(one), row)
        puts.push(changed)
        bytes += changed.value.length
        if (bytes < COPIED_BYTES) continue
        await store.write({ puts, deletes: [], isDurable: false })
        puts = []
        bytes = 0
      }
      await store.write({ puts, deletes: [], isDurable: true })
    } finally {
      await store.close()
    }
  } finally {
    sealed.destroy()
    none.close()
    await database.close()
  }
  await syncFolder(to)
}
