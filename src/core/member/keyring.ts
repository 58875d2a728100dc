import { EMPTY, equalBytes, hex, unhex } from '../../base/bytes.ts'
import { type KeyId, Reason } from '../../wire/messages.ts'
import { ChainRow, EpochRow } from '../../wire/rows.ts'
import type { ReadableEpoch } from '../channel/earlier-epochs.ts'
import { keyIdKey } from '../channel/frame.ts'
import type { IdSet } from '../channel/id-set.ts'
import { type EpochKeys, groupInitOf, groupLeafKey, isHigher } from '../channel/key-schedule.ts'
import { MemberTree } from '../channel/key-tree-member.ts'
import type { Row, RowKey } from '../machine.ts'
import { stateKey, stateRow } from '../out.ts'
import { GRANTED_EPOCHS, PAST_EPOCHS } from '../params.ts'
import { SecretTree } from './secret-tree.ts'
import { MAX_JUMP, type PeekedKey, ReceivingChain, type SendingChain } from './secret-tree-chain.ts'

/** Starts of one sender that are followed in one epoch. */
const BOOTS_PER_SENDER = 64

/** What leads into a group from an epoch of the channel: to the first epoch of the group that stands on it, and to no other. */
export interface Entry {
  /** 32 bytes, in place of `init` of an epoch before. */
  readonly init: Uint8Array
  /** 32 bytes: of our leaf in the group's tree, if that is new. */
  readonly leafKey: Uint8Array
}

/** One epoch as a member holds it. */
export class Epoch {
  /** Empty for the channel's own line. */
  readonly group: Uint8Array
  readonly key: KeyId
  /** 32-byte id of its announcement: names the epoch in the store and in the chain of announcements. */
  readonly announcement: Uint8Array
  readonly transcript: Uint8Array
  /** ms since 1970 */
  readonly notAfter: number
  readonly issuer: Uint8Array
  readonly reason: Reason
  readonly control: Uint8Array
  readonly secrets: SecretTree
  /** Of the channel's own line, until it is in force and leads into groups: 32 bytes. */
  exporter: Uint8Array
  /** What leads from here into groups that we have no epoch of yet on this one or a later, by group in hex. */
  readonly #entries: Map<string, Entry>
  /** Of a group: the hash of those who have the key. */
  readonly roster: Uint8Array
  init: Uint8Array
  tree: MemberTree | undefined
  /** ms since 1970; 0: current. Of a granted one: since when we have it. */
  endedAt = 0
  /** Whether it is of before our time, given to be read: it has no control key, and no message of ours. */
  readonly isGranted: boolean
  readonly chains = new Map<string, ReceivingChain>()
  readonly #boots = new Map<string, number>()
  sending: SendingChain | undefined
  /** The statements that the epoch covers, while this run lasts: what a newcomer of this very epoch needs. */
  log: IdSet | undefined

  constructor(facts: {
    key: KeyId
    announcement: Uint8Array
    transcript: Uint8Array
    notAfter: number
    issuer: Uint8Array
    reason: Reason
    keys: Omit<EpochKeys, 'commitment' | 'reading'>
    secrets: SecretTree
    tree: MemberTree | undefined
    group?: Uint8Array
    roster?: Uint8Array
    entries?: readonly (Entry & { readonly group: Uint8Array })[]
    endedAt?: number
    isGranted?: boolean
  }) {
    const { group = EMPTY, roster = EMPTY, tree, keys } = facts
    this.group = group
    this.roster = roster
    this.exporter = group.length === 0 ? keys.exporter : EMPTY
    this.#entries = new Map(facts.entries?.map(({ group, init, leafKey }) => [hex(group), { init, leafKey }]))
    this.key = facts.key
    this.announcement = facts.announcement
    this.transcript = facts.transcript
    this.notAfter = facts.notAfter
    this.issuer = facts.issuer
    this.reason = facts.reason
    this.init = keys.init
    this.control = keys.control
    this.secrets = facts.secrets
    this.tree = tree
    this.endedAt = facts.endedAt ?? 0
    this.isGranted = facts.isGranted ?? false
  }

  /**
   * The key of one message, without using it up.
   *
   * @returns undefined when it was used before, is out of reach of the window, or its sender has started too often.
   */
  peek(sender: Uint8Array, boot: Uint8Array, counter: number): PeekedKey | undefined {
    const name = chainName(sender, boot)
    const chain = this.chains.get(name)
    if (chain !== undefined) return chain.peek(counter)
    const starts = this.#boots.get(hex(sender)) ?? 0
    if (starts >= BOOTS_PER_SENDER) return undefined
    const peeked = this.secrets.peek(sender, boot)
    const key = peeked?.chain.peek(counter)
    if (peeked === undefined || key === undefined) return undefined
    const commit = (): boolean => {
      if (!peeked.commit() || !key.commit()) return false
      this.adopt(sender, boot, peeked.chain)
      return true
    }
    return { key: key.key, commit }
  }

  /**
   * Whether a message is so far ahead of others of its start that it cannot be opened before them.
   *
   * @param isBold - whether what was passed over already may be given up for it.
   */
  isAhead(sender: Uint8Array, boot: Uint8Array, counter: number, isBold: boolean): boolean {
    const chain = this.chains.get(chainName(sender, boot))
    return counter > ((isBold ? chain?.counter : chain?.lowest) ?? 0) + MAX_JUMP
  }

  hasChain(sender: Uint8Array, boot: Uint8Array): boolean {
    return this.chains.has(chainName(sender, boot))
  }

  /** Follows a chain from where it stands. */
  adopt(sender: Uint8Array, boot: Uint8Array, chain: ReceivingChain): void {
    this.chains.set(chainName(sender, boot), chain)
    this.#boots.set(hex(sender), (this.#boots.get(hex(sender)) ?? 0) + 1)
  }

  /** The chain that this start of ours sends with, or undefined when it was taken in this epoch before. */
  sendingChain(self: Uint8Array, boot: Uint8Array): SendingChain | undefined {
    this.sending ??= this.secrets.sendingChainFor(self, boot)
    return this.sending
  }

  /** Keeps what leads into these groups, and nothing that leads into any other. */
  openTo(groups: readonly Uint8Array[], channel: Uint8Array, user: Uint8Array): void {
    const { tree } = this
    if (tree === undefined) return
    for (const group of groups) {
      const line = { channel, group }
      const init = groupInitOf(this.exporter, line)
      this.#entries.set(hex(group), { init, leafKey: groupLeafKey(this.exporter, tree.leafKey, line, user) })
    }
    this.exporter.fill(0)
    this.exporter = EMPTY
  }

  /**
   * Whether this epoch of the channel is no more than a footing: what follows can be followed from it, but nothing said under
   * it can be read, and nothing may be said.
   */
  get isFooting(): boolean {
    return this.group.length === 0 && this.tree === undefined && this.endedAt === 0 && !this.isGranted
  }

  entryOf(group: Uint8Array): Entry | undefined {
    return this.#entries.get(hex(group))
  }

  /** Forgets what leads into a group. @returns whether there was anything. */
  closeTo(group: Uint8Array): boolean {
    const entry = this.entryOf(group)
    entry?.init.fill(0)
    entry?.leafKey.fill(0)
    return this.#entries.delete(hex(group))
  }

  /** Every group that this epoch leads into. */
  get entries(): (Entry & { readonly group: Uint8Array })[] {
    return [...this.#entries].map(([group, entry]) => ({ group: unhex(group), ...entry }))
  }

  /** Leaves only what reading needs. */
  end(at: number): void {
    this.endedAt = at
    this.init.fill(0)
    this.init = EMPTY
    this.tree?.destroy()
    this.tree = undefined
    this.sending?.destroy()
    this.sending = undefined
  }

  destroy(): void {
    this.secrets.destroy()
    for (const { group } of this.entries) this.closeTo(group)
    this.control.fill(0)
  }
}

const isOf = (epoch: Epoch, key: KeyId): boolean =>
  epoch.key.term === key.term && epoch.key.serial === key.serial && equalBytes(epoch.key.commitment, key.commitment)

const newestFirst = (epochs: readonly Epoch[]): Epoch[] =>
  epochs.toSorted((a, b) => (isHigher(a.key, b.key) ? -1 : isHigher(b.key, a.key) ? 1 : 0))

const chainName = (sender: Uint8Array, boot: Uint8Array): string => `${hex(sender)}.${hex(boot)}`

/** The epochs of one line. */
export class Keyring {
  readonly #channel: string
  #current: Epoch | undefined
  #past: Epoch[] = []
  /** Epochs of before our time, newest first. */
  #granted: Epoch[] = []

  /** @param channel - the channel id's text, for the names of rows. */
  constructor(channel: string) {
    this.#channel = channel
  }

  get current(): Epoch | undefined {
    return this.#current
  }

  /** All epochs held, current first. */
  get epochs(): readonly Epoch[] {
    const before = [...this.#past, ...this.#granted]
    return this.#current === undefined ? before : [this.#current, ...before]
  }

  /** Whether an epoch held will be over by the passing of time. */
  hasExpiring(retentionMs: number): boolean {
    return this.#past.length > 0 || (this.#granted.length > 0 && Number.isFinite(retentionMs))
  }

  /**
   * Takes in epochs of before our time, to be read. Those up to the newest that we had are left: they were ours to keep, and
   * a fresh copy of one would show again what was read.
   *
   * @param earlier - newest first.
   * @returns the rows of those taken in.
   */
  receive(earlier: readonly ReadableEpoch[], now: number): { puts: Row[]; deletes: RowKey[] } {
    const highest = this.#current?.key
    const fresh = earlier.filter(({ key }) => {
      return (highest === undefined || isHigher(key, highest)) && this.findToRead(key) === undefined
    })
    const epochs = fresh.map(({ key, reading }) => {
      const nothing = {
        transcript: EMPTY,
        issuer: EMPTY,
        keys: { init: EMPTY, control: EMPTY, exporter: EMPTY },
        tree: undefined
      }
      const secrets = SecretTree.from(reading)
      const rest = { ...nothing, notAfter: 0, reason: Reason.REASON_UNSPECIFIED, endedAt: now, isGranted: true }
      // Its announcement is not known; its commitment names it as well.
      return new Epoch({ key, announcement: key.commitment, secrets, ...rest })
    })
    this.#granted = newestFirst([...this.#granted, ...epochs])
    const deletes = this.#granted.splice(GRANTED_EPOCHS).flatMap((old) => this.#forget(old))
    return { puts: epochs.filter((one) => this.#granted.includes(one)).map((one) => this.rowOf(one)), deletes }
  }

  /** The epoch with exactly this key id, of those we have lived in. */
  find(key: KeyId): Epoch | undefined {
    return [this.#current, ...this.#past].find((epoch) => epoch !== undefined && isOf(epoch, key))
  }

  /** Whether a key id is another than ours under one number: two were made, and somebody has to say why. */
  contradicts(key: KeyId): boolean {
    const isOurs = ({ term, serial }: KeyId): boolean => term === key.term && serial === key.serial
    return this.find(key) === undefined && this.epochs.some((epoch) => isOurs(epoch.key))
  }

  /** The epoch with exactly this key id, to read its messages: it may be one of before our time. */
  findToRead(key: KeyId): Epoch | undefined {
    const own = this.find(key)
    return own?.secrets.isEmpty === false ? own : this.#granted.find((epoch) => isOf(epoch, key))
  }

  /** Begins an epoch; the one before becomes past. @returns what the store must keep and forget. */
  begin(epoch: Epoch, now: number): { puts: Row[]; deletes: RowKey[] } {
    const puts = [this.rowOf(epoch)]
    const before = this.#current
    if (before !== undefined) {
      before.end(now)
      this.#past.unshift(before)
      puts.push(this.rowOf(before))
    }
    this.#current = epoch
    const deletes = this.#past.splice(PAST_EPOCHS).flatMap((old) => this.#forget(old))
    return { puts, deletes }
  }

  /**
   * Forgets what leads into a group from an epoch and those before it.
   *
   * @returns the rows of those that led into it.
   */
  closeTo(group: Uint8Array, key: KeyId): Row[] {
    const until = this.epochs.filter((epoch) => !isHigher(epoch.key, key))
    return until.filter((epoch) => epoch.closeTo(group)).map((epoch) => this.rowOf(epoch))
  }

  /**
   * Destroys epochs whose grace is over, and granted ones that messages are not kept of any more.
   *
   * @param retentionMs - how long messages are kept; infinite: for ever.
   * @returns the rows to forget.
   */
  expire(now: number, graceMs: number, retentionMs: number): RowKey[] {
    const isOver = (epoch: Epoch): boolean => epoch.endedAt + (epoch.isGranted ? retentionMs : graceMs) < now
    const over = [...this.#past, ...this.#granted].filter(isOver)
    if (over.length > 0) this.#past = this.#past.filter((epoch) => !isOver(epoch))
    if (over.length > 0) this.#granted = this.#granted.filter((epoch) => !isOver(epoch))
    return over.flatMap((epoch) => this.#forget(epoch))
  }

  /** Forgets everything: the member has left. */
  clear(): RowKey[] {
    const all = this.epochs
    this.#current = undefined
    this.#past = []
    this.#granted = []
    return all.flatMap((epoch) => this.#forget(epoch))
  }

  #forget(epoch: Epoch): RowKey[] {
    const name = hex(epoch.announcement)
    const keys = [...epoch.chains.keys()].map((chain) => stateKey(`chain/${this.#channel}/${name}/${chain}`))
    epoch.destroy()
    return [stateKey(`epoch/${this.#channel}/${name}`), ...keys]
  }

  /** What somebody who took this keyring would have: `kind/<group>/…`, one entry for each secret. */
  unsafeSecrets(): { readonly name: string; readonly bytes: Uint8Array }[] {
    return this.epochs.flatMap((epoch) => {
      const name = `${hex(epoch.group)}/${keyIdKey(epoch.key)}`
      const chains = [...epoch.chains].map(([start, chain]) => ({
        name: `chain/${name}/${start}`,
        bytes: chain.export()
      }))
      const { reading } = epoch.secrets
      return [
        ...(epoch.init.length > 0 ? [{ name: `init/${name}`, bytes: epoch.init }] : []),
        ...(epoch.control.length > 0 ? [{ name: `control/${name}`, bytes: epoch.control }] : []),
        ...(reading === undefined ? [] : [{ name: `reading/${name}`, bytes: reading }]),
        ...(epoch.exporter.length > 0 ? [{ name: `exporter/${name}`, bytes: epoch.exporter }] : []),
        ...epoch.entries.flatMap(({ group, init, leafKey }) => [
          { name: `group-init/${hex(group)}/${keyIdKey(epoch.key)}`, bytes: init },
          { name: `group-leaf/${hex(group)}/${keyIdKey(epoch.key)}`, bytes: leafKey }
        ]),
        ...(epoch.tree?.unsafeNodes() ?? []).map(({ level, position, key }) => ({
          name: `node/${hex(epoch.group)}/${level}.${position}`,
          bytes: key
        })),
        ...chains
      ]
    })
  }

  rowOf(epoch: Epoch): Row {
    const { key, announcement, transcript, notAfter, issuer, init, control, endedAt, reason, isGranted } = epoch
    const { group, entries, roster } = epoch
    const row = EpochRow.encode({
      ...key,
      group,
      entries,
      roster,
      announcement,
      transcript,
      notAfter,
      issuer,
      init,
      control,
      secrets: epoch.secrets.export(),
      tree: epoch.tree?.export() ?? EMPTY,
      endedAt,
      reason,
      isGranted
    })
    return stateRow(`epoch/${this.#channel}/${hex(announcement)}`, row)
  }

  chainRowOf(epoch: Epoch, sender: Uint8Array, boot: Uint8Array): Row[] {
    const name = chainName(sender, boot)
    const chain = epoch.chains.get(name)
    if (chain === undefined) return []
    const row = ChainRow.encode({ epoch: epoch.announcement, sender, boot, chain: chain.export() })
    return [stateRow(`chain/${this.#channel}/${hex(epoch.announcement)}/${name}`, row)]
  }

  /** @returns false when the row is damaged. */
  restoreEpoch(bytes: Uint8Array): boolean {
    const row = EpochRow.decode(bytes)
    const secrets = SecretTree.import(row.secrets)
    const tree = row.tree.length > 0 ? MemberTree.import(row.tree) : undefined
    if (secrets === undefined) return false
    const { term, serial, commitment, init, control, ...facts } = row
    const isReason = (one: unknown): one is Reason => one === row.reason
    const reason = Object.values(Reason).find(isReason) ?? Reason.REASON_UNSPECIFIED
    const epoch = new Epoch({
      ...facts,
      reason,
      key: { term, serial, commitment },
      keys: { init, control, exporter: EMPTY },
      secrets,
      tree
    })
    if (row.isGranted) this.#granted = newestFirst([...this.#granted, epoch])
    else if (row.endedAt > 0) this.#past = [...this.#past, epoch].sort((a, b) => b.endedAt - a.endedAt)
    else this.#current = epoch
    return true
  }

  /** Takes in a chain's row when it is of one of these epochs. @returns false when the row is damaged. */
  restoreChain(bytes: Uint8Array): boolean {
    const row = ChainRow.decode(bytes)
    const chain = ReceivingChain.import(row.chain)
    if (chain === undefined) return false
    this.epochs.find(({ announcement }) => equalBytes(announcement, row.epoch))?.adopt(row.sender, row.boot, chain)
    return true
  }
}
