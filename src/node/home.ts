/**
 * A home: the folder that holds one identity, its vault and its store.
 *
 * A home has one identity for ever: seed and nick, sealed in the store. One process at a time owns it. Keys that are not
 * handed on are destroyed before anything here returns.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readUtf8, utf8 } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import { tidyNick } from '../core/identity/nick.ts'
import { asUserId, shortFingerprint, type UserId } from '../core/identity/user.ts'
import { SIGN_SEED_BYTES, type SigningKey, signingKey } from '../crypto/sign.ts'
import { acquireLock } from './lock.ts'
import { openStore } from './open-store.ts'
import type { Store } from './store.ts'
import { createVault, openVault, type Vault } from './vault.ts'

const STORE_FOLDER = 'store'
const IDENTITY_ROOM = 'identity'
const SEED = { room: IDENTITY_ROOM, entry: 'seed' }
const NICK = { room: IDENTITY_ROOM, entry: 'nick' }

/** Who a home belongs to. */
export interface Identity {
  readonly user: UserId
  readonly nick: string
}

/**
 * Makes a home: vault, store and a fresh identity, durable when it resolves.
 *
 * @param passphrase - undefined only when the user asked for no protection. Not kept.
 * @param nick - undefined: one made of the user id.
 * @throws {UsageError} `BAD_NICK`, `VAULT_EXISTS`, `HOME_IN_USE`, and those of `createVault` and `openStore`.
 */
export async function initHome(
  home: string,
  passphrase: Secret | undefined,
  nick: string | undefined
): Promise<Identity> {
  requireNick(nick)
  return await lockedIdentity(home, () => createVault(home, passphrase), nick)
}

/**
 * Whose home it is, without starting a node.
 *
 * @throws {UsageError} `NO_VAULT`, `HOME_IN_USE`, and those of `openVault` and `openStore`.
 */
export async function readHome(home: string, passphrase: Secret | undefined): Promise<Identity> {
  return await lockedIdentity(home, () => openVault(home, passphrase), undefined)
}

async function lockedIdentity(
  home: string,
  vaultOf: () => Promise<Vault>,
  newNick: string | undefined
): Promise<Identity> {
  const lock = await acquireLock(home, { isBrief: true })
  try {
    return await withHomeStore(home, await vaultOf(), (store) => identityIn(store, newNick))
  } finally {
    await lock.release()
  }
}

/**
 * Works on the store of a home, and closes it. The caller holds the home's lock.
 *
 * @param vault - its key is destroyed.
 * @throws {UsageError} those of `openStore`.
 */
export async function withHomeStore<T>(
  home: string,
  { storeKey }: Vault,
  work: (store: Store) => Promise<T>
): Promise<T> {
  try {
    const store = await openHomeStore(home, storeKey)
    try {
      return await work(store)
    } finally {
      await store.close()
    }
  } finally {
    storeKey.destroy()
  }
}

/** The store of a home. The caller holds its lock. @throws {UsageError} those of `openStore`. */
export const openHomeStore = (home: string, storeKey: Secret): Promise<Store> =>
  openStore(join(home, STORE_FOLDER), storeKey)

/** Whose store it is. It becomes somebody's when it is nobody's yet. */
export async function identityIn(store: Store, newNick?: string): Promise<Identity> {
  const { key, nick } = await identityOf(store, newNick)
  key.seed.destroy()
  return { user: asUserId(key.publicKey), nick }
}

/** The identity in a store. It is made when there is none: a crash between vault and identity leaves such a home. */
export async function identityOf(
  store: Store,
  newNick: string | undefined
): Promise<{ key: SigningKey; nick: string }> {
  const kept = await store.read(SEED)
  if (kept !== undefined) {
    const nick = readUtf8((await store.read(NICK)) ?? new Uint8Array(0)) ?? ''
    const key = signingKey(kept)
    kept.fill(0)
    return { key, nick }
  }
  const seed = new Uint8Array(randomBytes(SIGN_SEED_BYTES))
  const key = signingKey(seed)
  const nick = nickOf(key, newNick)
  const puts = [
    { ...SEED, value: seed },
    { ...NICK, value: utf8(nick) }
  ]
  await store.write({ puts, deletes: [], isDurable: true })
  seed.fill(0)
  return { key, nick }
}

/** Refuses a nick that cannot be used. @throws {UsageError} `BAD_NICK` */
export function requireNick(nick: string | undefined): void {
  if (nick === undefined || tidyNick(nick) !== undefined) return
  throw new UsageError(
    'BAD_NICK',
    'Cannot use this nick. It has 1 to 32 letters of one script, and begins with a letter or digit. Choose another one.'
  )
}

/** The nick of a new user: the one wished for, or one made of the user id. */
export const nickOf = (key: SigningKey, nick: string | undefined): string =>
  (nick === undefined ? undefined : tidyNick(nick)) ??
  `peer${shortFingerprint(asUserId(key.publicKey)).slice(0, 4).toLowerCase()}`
