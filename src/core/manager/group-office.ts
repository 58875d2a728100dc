/**
 * The keys of a channel's groups: each has a tree of its own over leaf keys that follow from its members' leaves in the
 * channel's tree, so a group costs nothing asymmetric and its members need no grant.
 *
 * Groups follow the channel: after each of its epochs every group is brought to what the log says now, and a channel's fresh
 * root brings fresh roots to its groups. Only then are there new leaves; what they are made of is not kept. Like the channel's,
 * no tree is ever written down.
 */
import { present } from '../../base/assert.ts'
import { EMPTY, equalBytes, hex, unhex } from '../../base/bytes.ts'
import { type KeyId, Reason } from '../../wire/messages.ts'
import { type IssuedEpoch, issueEpoch } from '../channel/announcement.ts'
import type { Context } from '../channel/context.ts'
import type { Roster } from '../channel/control-log.ts'
import { groupLeafKey } from '../channel/key-schedule.ts'
import { KeyTree, type TreeChange } from '../channel/key-tree.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import { type Issuer, publishAll } from './issuer.ts'
import type { TreePath } from './tree-keeper.ts'

/** The channel's epoch that groups come to stand on. */
export interface GroupBase {
  readonly key: KeyId
  /** ms since 1970 */
  readonly notAfter: number
  readonly reason: Reason
}

/** What an epoch of the channel has for the leaves of groups: just once, for it is not to be kept. */
export interface LeafSource {
  readonly exporter: Uint8Array
  /** 32 bytes: the key of a member's leaf in the channel's tree; undefined when it has none yet. */
  leafKeyOf(user: Uint8Array): Uint8Array | undefined
  /** Users whose leaf is new, by hex: what they had of their groups is gone or to be replaced. */
  readonly renewed: ReadonlySet<string>
}

/** What the office sees of the member in the same peer. */
export interface GroupSeat {
  /** What the next epoch of a group follows from. */
  chainOf(group: Uint8Array): { readonly init: Uint8Array; readonly transcript: Uint8Array }
  /** Adopts a group's epoch of ours; `publish` is called once it is durable. @param terms - with the hash of who has its key. */
  adoptGroup(
    issued: IssuedEpoch,
    terms: { readonly group: Uint8Array; readonly roster: Uint8Array },
    path: TreePath,
    publish: () => void,
    env: Env,
    out: Out
  ): void
}

interface GroupKeys {
  readonly tree: KeyTree
  readonly leaves: Map<string, number>
  /** Who has them. */
  readonly roster: Roster
  /** Id of the newest announcement. */
  readonly announcement: Uint8Array
  /** ms since 1970 */
  readonly notAfter: number
}

/** Reasons of the channel's epochs that stand for everything in it: groups get fresh roots as well. */
const FOR_ALL: ReadonlySet<Reason> = new Set([Reason.DEADLINE, Reason.IDLE, Reason.DEMAND, Reason.FIRST_MEMBER])

/** A fresh root changes no leaves. */
const NO_LEAVES: LeafSource = { exporter: EMPTY, leafKeyOf: () => undefined, renewed: new Set() }

export class GroupOffice {
  readonly #context: Context
  readonly #seat: GroupSeat
  readonly #issuer: Issuer
  readonly #groups = new Map<string, GroupKeys>()
  /** The channel's epoch issued last. */
  #base: GroupBase | undefined

  constructor(context: Context, seat: GroupSeat, issuer: Issuer) {
    this.#context = context
    this.#seat = seat
    this.#issuer = issuer
  }

  /** A new term begins: every group is built again. */
  clear(): void {
    this.#groups.clear()
    this.#base = undefined
  }

  /** The newest announcement of each group, for heartbeats. */
  newest(): { readonly group: Uint8Array; readonly announcement: Uint8Array }[] {
    return [...this.#groups].map(([name, { announcement }]) => ({ group: unhex(name), announcement }))
  }

  /** What somebody who took this peer would have beside what its member holds. */
  unsafeSecrets(): { readonly name: string; readonly bytes: Uint8Array }[] {
    return [...this.#groups].flatMap(([group, { tree }]) =>
      tree.unsafeNodes().map(({ level, position, key }) => ({ name: `node/${group}/${level}.${position}`, bytes: key }))
    )
  }

  /** Brings every group to what the log says, on an epoch of the channel that is in force. */
  settle(base: GroupBase, source: LeafSource, env: Env, out: Out): void {
    const { log } = this.#context
    this.#base = base
    const live = new Set(log.groups().map(({ id }) => hex(id)))
    for (const name of this.#groups.keys()) if (!live.has(name)) this.#groups.delete(name)
    for (const { id } of log.groups()) {
      const roster = log.groupRoster(id)
      const keys = this.#groups.get(hex(id))
      const isSame = keys !== undefined && equalBytes(keys.roster.hash, roster.hash)
      const isRenewed = [...source.renewed].some((name) => roster.members.has(unhex(name)))
      if (!isSame || isRenewed || FOR_ALL.has(base.reason)) this.#issue(id, roster, base, source, env, out)
    }
  }

  /** Gives each group whose key is over a fresh root: the channel may have had new keys meanwhile, which passed it by. */
  renewOver(env: Env, out: Out): void {
    const over = [...this.#groups].filter(([, { notAfter }]) => env.now >= notAfter)
    for (const [name] of over) this.renew(unhex(name), Reason.DEADLINE, env, out)
  }

  /** Gives one group a fresh root, for those who have its key. @returns false when there is no such group. */
  renew(group: Uint8Array, reason: Reason, env: Env, out: Out): boolean {
    const keys = this.#groups.get(hex(group))
    if (keys === undefined || this.#base === undefined) return false
    this.#issue(group, keys.roster, { ...this.#base, reason }, NO_LEAVES, env, out)
    return true
  }

  #issue(group: Uint8Array, roster: Roster, base: GroupBase, source: LeafSource, env: Env, out: Out): void {
    const { channel, self, charter, log, user } = this.#context
    const number = this.#issuer.nextNumber
    this.#issuer.promise(number, out)
    const line = { channel, group }
    const leafKeyOf = (member: Uint8Array): Uint8Array => {
      const leafKey = source.leafKeyOf(member)
      // Who has no key of the channel yet gets the group's when it has: its leaf is held for it under a key nobody has.
      return leafKey === undefined
        ? this.#issuer.keeper.fresh(group, env)
        : groupLeafKey(source.exporter, leafKey, line, member)
    }
    const context = { ...line, ...number }
    const before = this.#groups.get(hex(group))
    const leaves = new Map(before?.leaves)
    const change =
      before === undefined
        ? build(roster, leaves, context, leafKeyOf)
        : this.#change(before, roster, leaves, source.renewed, context, leafKeyOf, env)
    const terms = {
      line,
      ...number,
      descriptor: charter.ref,
      previous: before?.announcement ?? EMPTY,
      reason: base.reason,
      notAfter: base.notAfter,
      base: base.key
    }
    const preview = { statements: [], ids: log.ids, roster }
    const chain = this.#seat.chainOf(group)
    const issued = issueEpoch(self.key, terms, preview, change.update, change.rootKey, chain)
    const { tree } = change
    const { notAfter } = base
    this.#groups.set(hex(group), { tree, leaves, roster, announcement: issued.announcement.id, notAfter })
    const leaf = present(leaves.get(hex(user)), 'a manager has a leaf in every group')
    const path = { leaf, depth: tree.depth, pathKeys: tree.pathKeys(leaf) }
    const publish = (): void => publishAll(channel, issued, out)
    this.#seat.adoptGroup(issued, { group, roster: roster.hash }, path, publish, env, out)
  }

  /** Who left goes, who came and who is renewed gets a leaf key of its own making; nobody: a fresh root alone. */
  #change(
    { tree, roster: { members } }: GroupKeys,
    roster: Roster,
    leaves: Map<string, number>,
    renewed: ReadonlySet<string>,
    context: Parameters<KeyTree['path']>[1],
    leafKeyOf: (user: Uint8Array) => Uint8Array,
    env: Env
  ): TreeChange {
    const gone = members.minus(roster.members).map(hex)
    const removed = gone.map((name) => present(leaves.get(name), 'who was in the group had a leaf'))
    for (const name of gone) leaves.delete(name)
    const comers = roster.members.minus(members)
    const refreshed = new Map<number, Uint8Array>()
    for (const name of renewed) {
      const leaf = leaves.get(name)
      if (leaf !== undefined) refreshed.set(leaf, leafKeyOf(unhex(name)))
    }
    const places = tree.placesFor(comers.length, removed)
    for (const [i, user] of comers.entries()) {
      leaves.set(hex(user), places[i]!)
      refreshed.set(places[i]!, leafKeyOf(user))
    }
    return tree.path({ removed, refreshed }, context, () => this.#issuer.keeper.fresh(context.group, env))
  }
}

function build(
  roster: Roster,
  leaves: Map<string, number>,
  context: Parameters<KeyTree['path']>[1],
  leafKeyOf: (user: Uint8Array) => Uint8Array
): TreeChange {
  const members = roster.members.ids()
  for (const [leaf, user] of members.entries()) leaves.set(hex(user), leaf)
  return KeyTree.rebuild(members.map(leafKeyOf), context)
}
