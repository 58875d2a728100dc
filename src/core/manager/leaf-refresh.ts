/**
 * Refreshing leaves: members get new leaf keys through prekeys newer than what their leaves rest on (protocol §8).
 *
 * It shuts out who has stolen a member's state, once the member has rotated its prekey; a refresh through the prekey that
 * was used before would not. Nothing here is remembered: who keeps the tree says when each leaf got its key and how.
 */
import { x25519, x25519KeyPair } from '../../crypto/kem.ts'
import { type Line, refreshLeafKey } from '../channel/key-schedule.ts'
import type { Prekey } from '../identity/prekeys.ts'

/** Leaves that one update refreshes at most: each costs a Diffie-Hellman and up to log2 n wraps. */
export const LEAVES_AT_ONCE = 64

/** A member whose leaf may be refreshed. */
export interface RefreshCandidate {
  /** 32-byte user key. */
  readonly member: Uint8Array
  readonly leaf: number
  /** The prekey of its newest record; undefined when we have none. */
  readonly prekey: Pick<Prekey, 'x25519' | 'notBefore' | 'notAfter'> | undefined
  /** When its leaf got its key, by whatever way, ms since 1970. */
  readonly keyedAt: number
  /** `notBefore` of the prekey its leaf key was made through; undefined when through none that we know of. */
  readonly usedPrekeyFrom: number | undefined
}

/** What a refresh gives to `KeyTree.path` and to the update it makes. */
export interface LeafRefresh {
  readonly refreshed: ReadonlyMap<number, Uint8Array>
  /** 32 bytes: the update's `termKey`. */
  readonly termKey: Uint8Array
}

/**
 * Whose leaves are to be refreshed: of those with a newer prekey than was used for them, the ones that have had their keys
 * the longest.
 *
 * @param now - ms since 1970; an expired prekey is as good as none.
 * @returns at most `limit`, the longest unrefreshed first; empty when nobody can be.
 */
export function chooseLeaves(
  candidates: readonly RefreshCandidate[],
  now: number,
  limit: number = LEAVES_AT_ONCE
): RefreshCandidate[] {
  const able = candidates.filter(
    ({ prekey, usedPrekeyFrom = Number.NEGATIVE_INFINITY }) =>
      prekey !== undefined && prekey.notAfter > now && prekey.notBefore > usedPrekeyFrom
  )
  return able.sort((a, b) => a.keyedAt - b.keyedAt || a.leaf - b.leaf).slice(0, limit)
}

/**
 * The new leaf keys of those chosen, for the update with this number alone.
 *
 * @param random - fresh uniform bytes; 32 are drawn, for a term key whose private half ends here.
 * @returns undefined when there is nobody whose prekey is any good.
 */
export function refreshLeaves(
  chosen: readonly RefreshCandidate[],
  line: Line,
  { term, serial }: { readonly term: number; readonly serial: number },
  random: (length: number) => Uint8Array
): LeafRefresh | undefined {
  const termKey = x25519KeyPair(random(32))
  const refreshed = new Map<number, Uint8Array>()
  for (const { member, leaf, prekey } of chosen) {
    const shared = prekey && x25519(termKey.seed.expose(), prekey.x25519)
    if (shared !== undefined) refreshed.set(leaf, refreshLeafKey(shared, line, term, serial, member))
  }
  termKey.destroy()
  return refreshed.size === 0 ? undefined : { refreshed, termKey: termKey.publicKey }
}
