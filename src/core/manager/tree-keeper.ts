/**
 * The channel's key tree as its manager has it: who sits on which leaf, and how an epoch's changes become one update.
 *
 * Nothing of it is ever written down: a start builds a new tree from the members' prekeys.
 */
import { present } from '../../base/assert.ts'
import { EMPTY, equalBytes, hex, u64 } from '../../base/bytes.ts'
import { derive, hkdfExtract } from '../../crypto/kdf.ts'
import { x25519, x25519KeyPair } from '../../crypto/kem.ts'
import { LABEL } from '../../crypto/labels.ts'
import { Reason } from '../../wire/messages.ts'
import type { Context } from '../channel/context.ts'
import { IdSet } from '../channel/id-set.ts'
import { rebuildLeafSecret } from '../channel/key-schedule.ts'
import { KeyTree, type TreeChange } from '../channel/key-tree.ts'
import type { Prekey } from '../identity/prekeys.ts'
import type { Env } from '../machine.ts'
import type { Applicant } from './admission.ts'
import { LeafBook } from './leaf-book.ts'
import { type RefreshCandidate, refreshLeaves } from './leaf-refresh.ts'

/** One member's path, as a grant carries it. */
export interface TreePath {
  readonly leaf: number
  readonly depth: number
  readonly pathKeys: Uint8Array
}

/** What an epoch makes of the tree. */
export interface PlannedChange extends TreeChange {
  /** Who left, by hex. */
  readonly gone: readonly string[]
  /** Whose leaves are new, by hex. */
  readonly renewed: ReadonlySet<string>
  /** Notes who sits where, once the change is in force. */
  readonly settle: () => void
}

export class TreeKeeper {
  readonly #context: Context
  readonly #book = new LeafBook()
  #tree = KeyTree.empty()
  #leaves = new Map<string, number>()
  /** The roster of the epoch issued last: whoever had a leaf then was in it. */
  #members = IdSet.EMPTY

  constructor(context: Context) {
    this.#context = context
  }

  get isEmpty(): boolean {
    return this.#tree.size === 0
  }

  /** Forgets the tree. */
  clear(): void {
    this.#tree = KeyTree.empty()
    this.#leaves = new Map()
    this.#members = IdSet.EMPTY
    this.#book.clear()
  }

  /** @throws {InternalError} for who has no leaf. */
  pathOf(user: Uint8Array): TreePath {
    const leaf = present(this.#leaves.get(hex(user)), 'who is granted a key has a leaf')
    return { leaf, depth: this.#tree.depth, pathKeys: this.#tree.pathKeys(leaf) }
  }

  /** 32 bytes; undefined when this member has no leaf yet. */
  leafKeyOf(user: Uint8Array): Uint8Array | undefined {
    const leaf = this.#leaves.get(hex(user))
    return leaf === undefined ? undefined : this.#tree.leafKey(leaf)
  }

  /** Members whose leaves rest on prekeys that must have been replaced, the oldest first. */
  stale(now: number): readonly Uint8Array[] {
    return this.#book.stale(this.#leaves, this.#context, now).map(({ member }) => member)
  }

  /** Whether somebody's leaf can be refreshed by a newer prekey. */
  isRefreshDue(now: number): boolean {
    return this.#book.due(this.#leaves, this.#context, now).length > 0
  }

  unsafeSecrets(): { readonly name: string; readonly bytes: Uint8Array }[] {
    const nodes = this.#tree.unsafeNodes()
    return nodes.map(({ level, position, key }) => ({ name: `node//${level}.${position}`, bytes: key }))
  }

  /** Puts a change in force. */
  commit({ tree, settle }: PlannedChange): void {
    this.#tree = tree
    settle()
  }

  /**
   * A tree for a new term, over everybody in the roster: each leaf from its member's prekey where that is known (§7). Who goes
   * with this epoch keeps its place, under a key that nobody has, until the next root.
   *
   * @param roster - of the new epoch.
   */
  rebuild(term: number, roster: IdSet, env: Env): PlannedChange {
    const { log, records, channel, user } = this.#context
    const line = { channel, group: EMPTY }
    const termKey = x25519KeyPair(env.random(32))
    const before = log.roster.members
    const members = before.ids()
    const prekeys = new Map<string, Prekey | undefined>()
    const secrets = members.map((member) => {
      const isOwn = equalBytes(member, user)
      const prekey = isOwn || !roster.has(member) ? undefined : records.get(member)?.prekey
      const shared = prekey && prekey.notAfter > env.now ? x25519(termKey.seed.expose(), prekey.x25519) : undefined
      prekeys.set(hex(member), shared && prekey)
      return shared === undefined ? this.fresh(EMPTY, env) : rebuildLeafSecret(shared, line, term, member)
    })
    const change = KeyTree.rebuild(secrets, { ...line, term, serial: 1 })
    const update = { ...change.update, termKey: termKey.publicKey }
    termKey.destroy()
    const settle = (): void => {
      this.#book.clear()
      for (const [name, prekey] of prekeys) this.#book.note(name, prekey, env.now)
      this.#leaves = new Map(members.map((member, leaf) => [hex(member), leaf]))
      this.#members = before
    }
    return { ...change, update, gone: before.minus(roster).map(hex), renewed: new Set(), settle }
  }

  /**
   * What the next epoch makes of the tree: who is not in its roster goes, who is granted its key gets a leaf or a new one;
   * with neither, the keys alone change.
   *
   * @param reason - of the epoch, as far as nobody leaves.
   * @param granted - applicants who are in the roster.
   */
  change(
    reason: Reason,
    number: { readonly term: number; readonly serial: number },
    roster: IdSet,
    granted: readonly Applicant[],
    env: Env
  ): PlannedChange {
    const context = { channel: this.#context.channel, group: EMPTY, ...number }
    const fresh = (): Uint8Array => this.fresh(EMPTY, env)
    const gone = this.#members.minus(roster).map(hex)
    const removed = gone.flatMap((name) => this.#leaves.get(name) ?? [])
    const names = granted.map(({ user }) => hex(user))
    const joining = names.filter((name) => !this.#leaves.has(name))
    const returning = names.flatMap((name) => this.#leaves.get(name) ?? [])
    const renewed = new Set(names)
    const refreshes: RefreshCandidate[] = []
    let change: TreeChange
    // Also of who had no leaf yet: no removal is made by a step, which its issuer makes alone.
    if (gone.length > 0) {
      const refreshed = new Map(returning.map((leaf) => [leaf, fresh()]))
      change = this.#tree.path({ removed, refreshed, joiners: joining.length }, context, fresh)
    } else if (granted.length > 0 || reason === Reason.STATED || reason === Reason.ADMITTED) {
      change = this.#tree.step(joining.length, context, fresh, returning)
    } else change = this.#renewal(reason, context, refreshes, env)
    for (const { member } of refreshes) renewed.add(hex(member))
    const free = change.update.added.filter((leaf) => !returning.includes(leaf))
    const settle = (): void => {
      for (const name of gone) {
        this.#leaves.delete(name)
        this.#book.forget(name)
      }
      for (const { member, prekey } of refreshes) this.#book.note(hex(member), prekey, env.now)
      for (const { user, record } of granted) this.#book.note(hex(user), record.prekey, env.now)
      for (const [i, name] of joining.entries()) this.#leaves.set(name, free[i]!)
      this.#members = roster
    }
    return { ...change, gone, renewed, settle }
  }

  /** A change of keys alone, with new leaves for whom that is due: of the root, or just a step of it. */
  #renewal(
    reason: Reason,
    context: { channel: Uint8Array; group: Uint8Array; term: number; serial: number },
    refreshes: RefreshCandidate[],
    env: Env
  ): TreeChange {
    const fresh = (): Uint8Array => this.fresh(EMPTY, env)
    const isRefreshing = reason === Reason.REFRESHED || reason === Reason.SCHEDULED || reason === Reason.DEADLINE
    const chosen = isRefreshing ? this.#book.due(this.#leaves, this.#context, env.now) : []
    const refresh = refreshLeaves(chosen, context, context, env.random)
    if (refresh === undefined) {
      return reason === Reason.SCHEDULED ? this.#tree.step(0, context, fresh) : this.#tree.path({}, context, fresh)
    }
    refreshes.push(...chosen.filter(({ leaf }) => refresh.refreshed.has(leaf)))
    const change = this.#tree.path({ refreshed: refresh.refreshed }, context, fresh)
    return { ...change, update: { ...change.update, termKey: refresh.termKey } }
  }

  /** 32 fresh bytes, mixed with the manager's own secret, the line and the time (§4, the patent's figure 8). */
  fresh(group: Uint8Array, env: Env): Uint8Array {
    const { self, channel } = this.#context
    const secret = hkdfExtract(self.key.seed.expose(), env.random(32))
    return derive(secret, LABEL.freshSecret, [channel, group, u64(env.now)])
  }
}
