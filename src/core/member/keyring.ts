/**
 * The epochs a member holds: the current one, and those before it while their grace lasts.
 *
 * Of a past epoch only what reading needs is kept; its `init` and its tree keys are gone, so nothing leads from it to
 * another. A chain of a sender is kept from its first message on; what it has used up is gone from it.
 */
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import { type KeyId, Reason } from '../../wire/messages.ts'
import { ChainRow, EpochRow } from '../../wire/rows.ts'
import { keyIdKey } from '../channel/frame.ts'
import type { IdSet } from '../channel/id-set.ts'
import { type EpochKeys, groupLeafBase } from '../channel/key-schedule.ts'
import { MemberTree } from '../channel/key-tree-member.ts'
import type { Row, RowKey } from '../machine.ts'
import { stateKey, stateRow } from '../out.ts'
import { PAST_EPOCHS } from '../params.ts'
import { SecretTree } from './secret-tree.ts'
import { type PeekedKey, ReceivingChain, type SendingChain } from './secret-tree-chain.ts'

/** Starts of one sender that are followed in one epoch. */
const BOOTS_PER_SENDER = 64

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
  /** Of the channel's own line: what the keys of groups are made of that stand on this epoch, 32 bytes each. */
  readonly exporter: Uint8Array
  readonly leafBase: Uint8Array
  /** Of a group: the hash of those who have the key. */
  readonly roster: Uint8Array
  init: Uint8Array
  tree: MemberTree | undefined
  /** ms since 1970; 0: current */
  endedAt = 0
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
    leafBase?: Uint8Array
    endedAt?: number
  }) {
    const { group = EMPTY, roster = EMPTY, tree, keys } = facts
    const isChannel = group.length === 0
    this.group = group
    this.roster = roster
    this.exporter = isChannel ? keys.exporter : EMPTY
    this.leafBase = facts.leafBase ?? (tree && isChannel ? groupLeafBase(keys.exporter, tree.leafKey) : EMPTY)
    this.key = facts.key
    this.announcement = facts.announcement
    this.transcript = facts.transcript
    this.notAfter = facts.notAfter
    this.issuer = facts.issuer
    this.reason = facts.reason
    this.init = isChannel ? keys.init : EMPTY
    this.control = keys.control
    this.secrets = facts.secrets
    this.tree = tree
    this.endedAt = facts.endedAt ?? 0
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
    for (const secret of [this.control, this.exporter, this.leafBase]) secret.fill(0)
  }
}

const chainName = (sender: Uint8Array, boot: Uint8Array): string => `${hex(sender)}.${hex(boot)}`

/** The epochs of one line. */
export class Keyring {
  readonly #channel: string
  #current: Epoch | undefined
  #past: Epoch[] = []

  /** @param channel - the channel id's text, for the names of rows. */
  constructor(channel: string) {
    this.#channel = channel
  }

  get current(): Epoch | undefined {
    return this.#current
  }

  /** All epochs held, current first. */
  get epochs(): readonly Epoch[] {
    return this.#current === undefined ? this.#past : [this.#current, ...this.#past]
  }

  /** The epoch with exactly this key id. */
  find(key: KeyId): Epoch | undefined {
    return this.epochs.find(
      (epoch) =>
        epoch.key.term === key.term &&
        epoch.key.serial === key.serial &&
        equalBytes(epoch.key.commitment, key.commitment)
    )
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

  /** Destroys epochs whose grace is over. @returns the rows to forget. */
  expire(now: number, graceMs: number): RowKey[] {
    const isOver = (epoch: Epoch): boolean => epoch.endedAt + graceMs < now
    const over = this.#past.filter(isOver)
    if (over.length > 0) this.#past = this.#past.filter((epoch) => !isOver(epoch))
    return over.flatMap((epoch) => this.#forget(epoch))
  }

  /** Ends the current epoch without another: the member is out of the group. @returns what the store must keep. */
  close(now: number): Row[] {
    const current = this.#current
    if (current === undefined) return []
    current.end(now)
    this.#past.unshift(current)
    this.#current = undefined
    return [this.rowOf(current)]
  }

  /** Forgets everything: the member has left. */
  clear(): RowKey[] {
    const all = this.epochs
    this.#current = undefined
    this.#past = []
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
        { name: `control/${name}`, bytes: epoch.control },
        ...(reading === undefined ? [] : [{ name: `reading/${name}`, bytes: reading }]),
        ...(epoch.exporter.length > 0 ? [{ name: `exporter/${name}`, bytes: epoch.exporter }] : []),
        ...(epoch.leafBase.length > 0 ? [{ name: `leaf-base/${name}`, bytes: epoch.leafBase }] : []),
        ...(epoch.tree?.unsafeNodes() ?? []).map(({ level, position, key }) => ({
          name: `node/${hex(epoch.group)}/${level}.${position}`,
          bytes: key
        })),
        ...chains
      ]
    })
  }

  rowOf(epoch: Epoch): Row {
    const { key, announcement, transcript, notAfter, issuer, init, control, endedAt, reason } = epoch
    const { group, exporter, leafBase, roster } = epoch
    const row = EpochRow.encode({
      ...key,
      group,
      exporter,
      leafBase,
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
      reason
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
    const { term, serial, commitment, init, control, exporter, ...facts } = row
    const isReason = (one: unknown): one is Reason => one === row.reason
    const reason = Object.values(Reason).find(isReason) ?? Reason.REASON_UNSPECIFIED
    const epoch = new Epoch({
      ...facts,
      reason,
      key: { term, serial, commitment },
      keys: { init, control, exporter },
      secrets,
      tree
    })
    if (row.endedAt > 0) this.#past = [...this.#past, epoch].sort((a, b) => b.endedAt - a.endedAt)
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
