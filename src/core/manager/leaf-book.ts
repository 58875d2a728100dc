/** When each member's leaf got its key, and through which prekey: what a refresh has to know. Only in memory, as the tree is. */
import { equalBytes, unhex } from '../../base/bytes.ts'
import type { Context } from '../channel/context.ts'
import type { Prekey } from '../identity/prekeys.ts'
import { PREKEY_LIFETIME_MS } from '../params.ts'
import { chooseLeaves, type RefreshCandidate } from './leaf-refresh.ts'

export class LeafBook {
  readonly #keyed = new Map<string, { readonly keyedAt: number; readonly usedPrekeyFrom: number | undefined }>()

  /**
   * A leaf has a new key.
   *
   * @param name - the member's user key, hex.
   * @param prekey - the one that it came through; undefined: none.
   * @param now - ms since 1970
   */
  note(name: string, prekey: Pick<Prekey, 'notBefore'> | undefined, now: number): void {
    this.#keyed.set(name, { keyedAt: now, usedPrekeyFrom: prekey?.notBefore })
  }

  forget(name: string): void {
    this.#keyed.delete(name)
  }

  clear(): void {
    this.#keyed.clear()
  }

  /** Whose leaves are to be refreshed now. @param leaves - leaf numbers by user key, hex. */
  due(leaves: ReadonlyMap<string, number>, context: Context, now: number): RefreshCandidate[] {
    return chooseLeaves(this.#candidates(leaves, context), now)
  }

  /** Whose records must have been superseded, those with the oldest leaves first. */
  stale(leaves: ReadonlyMap<string, number>, context: Context, now: number): RefreshCandidate[] {
    return this.#candidates(leaves, context)
      .filter(({ prekey }) => prekey === undefined || prekey.notBefore + PREKEY_LIFETIME_MS < now)
      .sort((a, b) => a.keyedAt - b.keyedAt)
  }

  /** All but the manager, whose leaf hangs on no prekey. */
  #candidates(leaves: ReadonlyMap<string, number>, { records, user }: Context): RefreshCandidate[] {
    const all: RefreshCandidate[] = []
    for (const [name, leaf] of leaves) {
      const member = unhex(name)
      const keyed = this.#keyed.get(name)
      if (keyed === undefined || equalBytes(member, user)) continue
      all.push({ member, leaf, prekey: records.get(member)?.prekey, ...keyed })
    }
    return all
  }
}
