/**
 * The key managers of a crowd's channel: who is let in when, what an epoch takes in, who signs it, who takes over.
 *
 * What can be had from the core at this size is the core's: statements, control log and roster, batches and their admission,
 * the key tree, announcements with their signatures, election times. Modelled are the times of `Duties`, the glue of
 * `TreeKeeper`, and voting, as all managers are honest; requests and grants are not sealed. Keys of the tree are terms.
 */
import { assert } from '../../base/assert.ts'
import { EMPTY } from '../../base/bytes.ts'
import { atMillis, SECOND_MS } from '../../base/time.ts'
import {
  certificateOf,
  coSignedBytes,
  type EpochTerms,
  type IssuedEpoch,
  issueEpoch,
  withCoSignatures
} from '../../core/channel/announcement.ts'
import { Context } from '../../core/channel/context.ts'
import type { LogPreview } from '../../core/channel/control-log.ts'
import { type Charter, foundChannel, signaturesNeeded } from '../../core/channel/descriptor.ts'
import { needsQuorum, patienceMs } from '../../core/channel/election.ts'
import { FIRST_TRANSCRIPT } from '../../core/channel/key-schedule.ts'
import { updateHash } from '../../core/channel/key-tree-update.ts'
import type { CheckedStatement } from '../../core/channel/statement.ts'
import { OneTimeKeys } from '../../core/identity/one-time-keys.ts'
import { Prekeys } from '../../core/identity/prekeys.ts'
import { RecordBook } from '../../core/identity/record-book.ts'
import { asUserId } from '../../core/identity/user.ts'
import type { UserRecord } from '../../core/identity/user-record.ts'
import type { Env } from '../../core/machine.ts'
import { announceable, takeBatch } from '../../core/manager/batch.ts'
import { Out } from '../../core/out.ts'
import { BATCH_MAX_MS, BATCH_MS, HEARTBEAT_MS, PROPOSAL_MS, ROOT_PATIENCE_MS } from '../../core/params.ts'
import { Refusal } from '../../core/reject.ts'
import { type SigningKey, sign } from '../../crypto/sign.ts'
import { Admission, Operation, Reason, type TreeUpdate, TreeUpdateKind } from '../../wire/messages.ts'
import { WORLD_STARTS_AT } from '../clock.ts'
import type { Random } from '../random.ts'
import { type CrowdUpdate, readForCrowd } from './crowd-keys.ts'
import { OfficeReception } from './office-reception.ts'
import { type OfficeChange, OfficeTree, type Rebuilt, type UnsafeTree } from './office-tree.ts'
import { recordForAll } from './sizes.ts'
import { type Terms, termOf } from './terms.ts'

/** One epoch, as its issuer made it. */
export interface CrowdEpoch {
  /** Its place in the chain, from 0. */
  readonly index: number
  readonly term: number
  readonly serial: number
  readonly issued: IssuedEpoch
  readonly issuer: number
  /** When it was made, virtual ms. */
  readonly at: number
  readonly isRoot: boolean
  readonly signers: readonly number[]
  readonly read: CrowdUpdate
  /** Term of the root. */
  readonly root: number
  /** Terms from this one on were made with it. */
  readonly firstTerm: number
  /** Bytes of all statements that it covers. */
  readonly logBytes: number
  /** Those that it adds to the log. */
  readonly statements: readonly CheckedStatement[]
  /** How many are in the roster. */
  readonly members: number
  /** Of whom it takes in: leaf and path, by peer. */
  readonly granted: ReadonlyMap<number, { readonly leaf: number; readonly path: readonly number[] }>
  readonly gone: readonly number[]
  readonly rebuilt: Rebuilt | undefined
}

/** What a crowd's managers need of the world. */
export interface OfficeHost {
  readonly now: number
  later(ms: number, task: () => void): void
  /** An epoch is in force, and told to everybody. */
  onEpoch(epoch: CrowdEpoch): void
  /** From one manager to another: the task is done when it has come, if it comes. */
  hand(from: number, to: number, kind: string, bytes: number, task: () => void): void
  /** Says to everybody that this manager is in office. */
  beat(manager: number): void
  /** The newest epoch that a manager follows: its index. */
  epochOf(manager: number): number
  isUp(manager: number): boolean
}

interface Draft {
  readonly issued: IssuedEpoch
  readonly preview: LogPreview
  readonly change: OfficeChange
  readonly isFirst: boolean
  readonly signers: Set<number>
}

/** Whether a manager can follow what is proposed: it signs nothing else. */
const canFollow = ({ change: { rebuilt } }: Draft, manager: number): boolean =>
  rebuilt === undefined || rebuilt.get(manager)?.secret !== undefined

/** Faults for tests, each of which checkers must see. */
export type UnsafeOffice = UnsafeTree | 'two for one number' | 'ignores removals' | 'grants nobody' | 'gives an old key'

export class Office {
  readonly managers: number
  readonly charter: Charter
  /** Whoever is in office has this one; all of them share one log, as all follow the same epochs. */
  readonly context: Context
  readonly record: UserRecord
  readonly #contexts: readonly Context[]
  readonly #host: OfficeHost
  readonly #random: Random
  readonly #terms: Terms
  readonly #users: (peer: number) => Uint8Array
  readonly reception: OfficeReception
  #unsafe: UnsafeOffice | undefined
  /** The one in office, or who stands for it, and since when it is in office. */
  leader = 0
  inOfficeSince = Number.POSITIVE_INFINITY
  readonly #tree: OfficeTree
  #draft: Draft | undefined
  #newest: CrowdEpoch | undefined
  #certificate: Uint8Array = EMPTY
  #term = 0
  #serial = 0
  #issuedAt = Number.NEGATIVE_INFINITY
  #windowMs = BATCH_MS
  #batchAt: number | undefined
  /** Managers that were given a footing: they can sign, and have no key. */
  readonly #footed = new Set<number>()

  /** @param users - the user key of each peer; managers are the first. */
  constructor(
    peers: number,
    managers: number,
    keys: readonly SigningKey[],
    users: (peer: number) => Uint8Array,
    terms: Terms,
    random: Random,
    host: OfficeHost
  ) {
    this.managers = managers
    this.#host = host
    this.#random = random
    this.#terms = terms
    this.#users = users
    this.#tree = new OfficeTree(terms)
    const bytes = (length: number): Uint8Array => random.bytes(length)
    this.record = recordForAll(bytes, atMillis(WORLD_STARTS_AT))
    this.reception = new OfficeReception(managers, users, this.record)
    const settings = { managers: keys.map(({ publicKey }) => publicKey), admission: Admission.OPEN, maxMembers: peers }
    this.charter = foundChannel(keys[0]!, { ...settings, name: 'crowd' }, bytes(16))
    this.#contexts = keys.map((key) => {
      const self = {
        key,
        boot: bytes(16),
        prekeys: Prekeys.create(bytes, atMillis(WORLD_STARTS_AT)),
        oneTimeKeys: new OneTimeKeys(),
        record: { ...this.record, user: asUserId(key.publicKey) }
      }
      return new Context(self, new RecordBook(), this.charter)
    })
    for (const one of this.#contexts) one.log = this.#contexts[0]!.log
    this.context = this.#contexts[0]!
  }

  /** Does something wrong from now on. */
  plant(fault: UnsafeOffice): void {
    this.#unsafe = fault
    if (fault === 'wraps for who is removed' || fault === 'keeps a node') this.#tree.unsafe = fault
  }

  get isInOffice(): boolean {
    return this.inOfficeSince <= this.#host.now
  }

  get newest(): CrowdEpoch | undefined {
    return this.#newest
  }

  get #own(): Context {
    return this.#contexts[this.leader]!
  }

  #env(): Env {
    const { now } = this.#host
    return {
      now: atMillis(WORLD_STARTS_AT + Math.floor(now)),
      uptimeMs: now,
      random: (length) => this.#random.bytes(length)
    }
  }

  // ---------------------------------------------------------------- coming into office

  /** Opens the first term. */
  found(): void {
    this.#rebuild(Reason.CREATED)
    this.#beat(this.leader)
  }

  /** The manager in office is gone: the others wait for it, each its time, and the first whose time is over stands. */
  lose(heardAt: (manager: number) => number): void {
    const gone = this.leader
    this.#draft = undefined
    this.reception.applicants.clear()
    this.#batchAt = undefined
    this.inOfficeSince = Number.POSITIVE_INFINITY
    const term = this.#term + 1
    for (let manager = 0; manager < this.managers; manager++) {
      if (!this.#host.isUp(manager)) continue
      const chance = this.#random.fraction()
      const patience = patienceMs(this.charter, term, this.#users(manager), this.#users(gone), false, chance)
      const waitMs = Math.max(0, heardAt(manager) + patience - this.#host.now)
      this.#host.later(waitMs, () => this.#stand(manager, gone))
    }
  }

  #stand(manager: number, gone: number): void {
    if (this.leader !== gone || this.#draft !== undefined || !this.#host.isUp(manager)) return
    if (this.#host.epochOf(manager) !== this.#newest!.index) return
    this.leader = manager
    this.#windowMs = BATCH_MS
    this.#rebuild(Reason.TAKEOVER)
    this.#beat(manager)
  }

  #beat(manager: number): void {
    if (this.leader !== manager || !this.#host.isUp(manager)) return
    // Who stands is not in office before it has its signatures.
    if (this.#newest?.issuer === manager) this.#host.beat(manager)
    this.#host.later(HEARTBEAT_MS, () => this.#beat(manager))
  }

  // ---------------------------------------------------------------- requests and statements

  /** A request was opened, and is good. */
  enlist(peer: number): void {
    if (this.#unsafe === 'grants nobody' && peer % 7 === 5) return
    if (this.reception.enlist(peer)) this.#schedule(this.#windowMs)
  }

  /** Whether the log knows anything of a peer: then it is challenged. */
  knows(peer: number): boolean {
    return this.#own.log.knows(this.#users(peer))
  }

  /** A statement by a manager that a peer is removed. */
  removal(by: number, peer: number): CheckedStatement {
    const context = this.#contexts[by]!
    const subject = this.#users(peer)
    return context.state({ operation: Operation.REMOVE, subject, ends: context.log.admitsToEnd(subject) }, this.#env())
  }

  /** A removal is known to a manager: what one of them knows all do, an instant earlier than they would. */
  onRemoval(by: number, statement: CheckedStatement): void {
    const { log } = this.#own
    if (this.#unsafe === 'ignores removals') return
    if (!log.has(statement.id)) log.addPending(statement)
    if (by === this.leader && log.hasUnappliedRemoval) this.#schedule(BATCH_MS)
  }

  #schedule(windowMs: number): void {
    const at = this.#issuedAt + windowMs
    if (this.#host.now >= at) this.#issueBatch()
    else if (this.#batchAt === undefined || at < this.#batchAt) this.#setBatch(at)
  }

  #setBatch(at: number): void {
    this.#batchAt = at
    this.#host.later(Math.max(0, at - this.#host.now), () => {
      if (this.#batchAt !== at) return
      this.#batchAt = undefined
      this.#issueBatch()
    })
  }

  /** What an epoch did not take in shares the next one. */
  #scheduleRest(): void {
    const isMore = this.reception.applicants.size > 0 || this.#own.log.hasUnappliedChange
    if (isMore && this.#batchAt === undefined) this.#setBatch(this.#host.now + BATCH_MS)
  }

  #issueBatch(): void {
    if (this.#draft !== undefined || this.#newest?.issuer !== this.leader) return
    const { applicants, statements } = takeBatch(this.#own, this.reception.applicants, this.#env(), new Out())
    const { log } = this.#own
    if (applicants.length === 0 && !log.hasUnappliedChange) return
    if (applicants.length > 0) {
      const isStorm = this.#host.now < this.#issuedAt + 2 * this.#windowMs
      this.#windowMs = isStorm ? Math.min(this.#windowMs + BATCH_MS, BATCH_MAX_MS) : BATCH_MS
    }
    const preview = log.preview([...announceable(this.#own), ...statements])
    assert(!(preview instanceof Refusal), 'what may be announced may be previewed')
    const { members } = preview.roster
    const granted = applicants.filter(({ user }) => members.has(user)).map(({ user }) => this.reception.peerOf(user))
    const gone = this.#tree.goneFrom(members).map((user) => this.reception.peerOf(user))
    const number = { term: this.#term, serial: this.#serial + 1 }
    this.#issue(
      gone.length > 0 ? Reason.REMOVED : Reason.ADMITTED,
      number,
      preview,
      this.#tree.change(this.#treeContext(number), members, granted, gone)
    )
  }

  // ---------------------------------------------------------------- the tree

  #treeContext(number: { readonly term: number; readonly serial: number }) {
    return { channel: this.charter.channel, group: EMPTY, ...number }
  }

  /** A new term, over everybody in the roster: as `TreeKeeper.rebuild` and `Tenure` do it. */
  #rebuild(reason: Reason): void {
    const number = { term: this.#term + 1, serial: 1 }
    const { log } = this.#own
    const preview = log.preview(announceable(this.#own))
    assert(!(preview instanceof Refusal), 'what may be announced may be previewed')
    const { members } = log.roster
    const staying = preview.roster.members
    const gone = members.minus(staying).map((user) => this.reception.peerOf(user))
    const peers = members.ids().map((user) => this.reception.peerOf(user))
    const isKnown = (peer: number): boolean =>
      peer === this.leader || (this.reception.hasRecord(peer) && staying.has(this.#users(peer)))
    const change = this.#tree.rebuild(this.#treeContext(number), members, peers, gone, isKnown)
    // Any 32 bytes are as long as the public half of the term key.
    const update = { ...change.update, termKey: this.#random.bytes(32) }
    this.#issue(reason, number, preview, { ...change, update })
  }

  // ---------------------------------------------------------------- an epoch

  #issue(reason: Reason, number: { term: number; serial: number }, preview: LogPreview, change: OfficeChange): void {
    const { descriptor, ref, channel } = this.charter
    const before = this.#newest?.issued
    const isQuorum = needsQuorum(descriptor)
    const terms: EpochTerms = {
      line: { channel, group: EMPTY },
      ...number,
      descriptor: ref,
      previous: before?.announcement.id ?? EMPTY,
      reason,
      notAfter: this.#env().now + descriptor.keyLifetimeSeconds * SECOND_MS,
      certificate: isQuorum && number.serial > 1 ? this.#certificate : EMPTY
    }
    const init = before?.keys.init ?? this.#random.bytes(32)
    const chain = { init, transcript: before?.transcript ?? FIRST_TRANSCRIPT }
    const issued = issueEpoch(this.#own.self.key, terms, preview, change.update, change.rootKey, chain)
    const isStep = change.update.kind === TreeUpdateKind.STEP && number.serial > 1
    const draft = { issued, preview, change, isFirst: number.serial === 1, signers: new Set([this.leader]) }
    if (!isQuorum || isStep || before === undefined) return this.#enforce(draft)
    this.#draft = draft
    this.#propose(draft, this.#host.now)
  }

  /** To the managers that have not signed, again and again. */
  #propose(draft: Draft, since: number): void {
    const { leader } = this
    if (this.#draft !== draft || !this.#host.isUp(leader)) return
    if (
      draft.isFirst &&
      this.#others().some((manager) => !canFollow(draft, manager) && this.reception.hasRecord(manager))
    )
      return this.#rebuild(Reason.TAKEOVER)
    if (this.#host.now - since >= ROOT_PATIENCE_MS && this.#giveFooting()) return this.#rebuild(Reason.TAKEOVER)
    const { announcement, chunks } = draft.issued
    const bytes = [announcement, ...chunks].reduce((sum, frame) => sum + frame.bytes.length, 0)
    const follows = this.#newest!.index
    for (const manager of this.#others()) {
      if (draft.signers.has(manager)) continue
      this.#host.hand(leader, manager, 'proposal', bytes, () => {
        // it follows the newest epoch of who signs it.
        if (!this.#host.isUp(manager) || !canFollow(draft, manager)) return
        if (this.#host.epochOf(manager) !== follows && !this.#footed.has(manager)) return
        this.#host.hand(manager, leader, 'co-signature', CO_SIGNATURE_BYTES, () => this.#onSigned(draft, manager))
      })
    }
    this.#host.later(PROPOSAL_MS, () => this.#propose(draft, since))
  }

  /** The other managers that are there. */
  #others(): number[] {
    const all = Array.from({ length: this.managers }, (_, manager) => manager)
    return all.filter((manager) => manager !== this.leader && this.#host.isUp(manager))
  }

  /** Managers that wait for a key, while nobody can be granted one, are given what they need to sign. */
  #giveFooting(): boolean {
    const waiting = this.reception.takeManagers()
    for (const manager of waiting) this.#footed.add(manager)
    if (waiting.length > 0) this.#draft = undefined
    return waiting.length > 0
  }

  #onSigned(draft: Draft, manager: number): void {
    if (this.#draft !== draft || !this.#host.isUp(this.leader)) return
    draft.signers.add(manager)
    if (draft.signers.size >= signaturesNeeded(this.charter.descriptor)) this.#enforce(draft)
  }

  #enforce(draft: Draft): void {
    const { preview, change, isFirst } = draft
    this.#draft = undefined
    const issued = this.#certified(draft)
    const { term, serial } = issued.key
    const isRoot = change.update.kind !== TreeUpdateKind.STEP
    this.#tree.commit(change)
    this.#own.log.commit(preview)
    if (isFirst) this.#certificate = certificateOf(issued.announcement).bytes
    this.#issuedAt = this.#host.now
    this.#batchAt = undefined
    const isTwice = this.#unsafe === 'two for one number' && change.granted.length > 0
    if (isFirst) this.inOfficeSince = Math.min(this.inOfficeSince, this.#host.now)
    this.#footed.clear()
    this.#term = term
    this.#serial = isTwice ? serial - 1 : serial
    const epoch: CrowdEpoch = {
      index: (this.#newest?.index ?? -1) + 1,
      term,
      serial,
      issued,
      issuer: this.leader,
      at: this.#host.now,
      isRoot,
      signers: [...draft.signers],
      read: readForCrowd(change.update, this.#numberOf(change.update, { term, serial })),
      root: termOf(change.rootKey),
      firstTerm: change.firstTerm,
      logBytes: this.#own.log.announcedBytes,
      statements: preview.statements,
      members: preview.roster.members.size,
      granted: new Map(change.granted.map((peer) => [peer, this.#placeOf(peer)])),
      gone: change.gone,
      rebuilt: change.rebuilt
    }
    this.#newest = epoch
    this.#host.onEpoch(epoch)
    this.#scheduleRest()
  }

  #numberOf(update: TreeUpdate, number: { readonly term: number; readonly serial: number }): number {
    return this.#terms.numberOf(updateHash(update, this.#treeContext(number)))
  }

  #placeOf(peer: number): { leaf: number; path: number[] } {
    const place = this.#tree.placeOf(peer)
    if (this.#unsafe === 'gives an old key') place.path[0] = this.#newest?.root ?? 0
    return place
  }

  /** With the signatures of those who follow. */
  #certified({ issued, signers }: Draft): IssuedEpoch {
    if (signers.size === 1) return issued
    const signed = coSignedBytes(issued.announcement, EMPTY, issued.key)
    const others = [...signers].filter((manager) => manager !== this.leader)
    const coSignatures = others.map((manager) => {
      const { key } = this.#contexts[manager]!.self
      return { signer: key.publicKey, signature: sign(key, signed) }
    })
    return { ...issued, announcement: withCoSignatures(issued.announcement, coSignatures) }
  }

  /** A context for somebody who follows, with a log of its own. */
  readerContext(): Context {
    const [{ self, records }] = this.#contexts as [Context]
    return new Context(self, records, this.charter)
  }

  /** Where the one in office sits in the tree. */
  ownPlace(): { leaf: number; path: number[] } {
    return this.#placeOf(this.leader)
  }
}

const CO_SIGNATURE_BYTES = 400
