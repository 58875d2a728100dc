/**
 * Whom a crowd's managers know: who waits for the next epoch, and whose records they keep. As `Reception` and `RecordBook`
 * have it; all managers of a crowd share one.
 */
import { present } from '../../base/assert.ts'
import { EMPTY, hex } from '../../base/bytes.ts'
import { SECOND_MS } from '../../base/time.ts'
import { trim } from '../../base/trim.ts'
import { asUserId } from '../../core/identity/user.ts'
import type { UserRecord } from '../../core/identity/user-record.ts'
import type { Applicant } from '../../core/manager/admission.ts'
import { KEPT_RECORDS, PENDING_REQUESTS, REQUESTS_PER_SECOND } from '../../core/params.ts'

export class OfficeReception {
  readonly #managers: number
  readonly #users: (peer: number) => Uint8Array
  readonly #record: UserRecord
  readonly #peers = new Map<string, number>()
  /** By user, hex. */
  readonly applicants = new Map<string, Applicant>()
  #second = { at: 0, requests: 0 }
  /** Peers whose record is known: those brought longest ago go first. */
  readonly #records = new Set<number>()
  /** Of so many users a manager keeps the record, and of the other managers. */
  keptRecords = KEPT_RECORDS
  readonly counts = { requests: 0, refused: 0, mostApplicants: 0 }

  /** @param users - the user key of each peer; managers are the first. @param record - as everybody has one. */
  constructor(managers: number, users: (peer: number) => Uint8Array, record: UserRecord) {
    this.#managers = managers
    this.#users = users
    this.#record = record
    for (let manager = 0; manager < managers; manager++) this.#peers.set(hex(users(manager)), manager)
  }

  get fill(): { readonly name: string; readonly size: number; readonly cap: number } {
    return { name: 'applicants', size: this.counts.mostApplicants, cap: PENDING_REQUESTS }
  }

  /** @throws {InternalError} for who never asked for the key. */
  peerOf(user: Uint8Array): number {
    return present(this.#peers.get(hex(user)), 'whoever is in the roster has asked')
  }

  /** A request, or an answer to a challenge, has come: so many are opened in a second. @returns whether this one is. */
  mayOpen(now: number): boolean {
    this.counts.requests++
    if (now >= this.#second.at + SECOND_MS) this.#second = { at: now, requests: 0 }
    const isOpened = ++this.#second.requests <= REQUESTS_PER_SECOND
    if (!isOpened) this.counts.refused++
    return isOpened
  }

  /** Whether a request of this peer waits for the next epoch. */
  isEnlisted(peer: number): boolean {
    return this.applicants.has(hex(this.#users(peer)))
  }

  /** A request was opened, and is good. @returns whether there is room for it. */
  enlist(peer: number): boolean {
    const user = asUserId(this.#users(peer))
    const name = hex(user)
    if (this.applicants.size >= PENDING_REQUESTS && !this.applicants.has(name)) {
      this.counts.refused++
      return false
    }
    this.#peers.set(name, peer)
    this.noteRecord(peer)
    this.applicants.set(name, {
      user,
      record: { ...this.#record, user, nick: `peer ${peer}` },
      oneTimeKey: EMPTY,
      request: EMPTY,
      author: name,
      attempt: 0,
      token: EMPTY,
      admits: [],
      highest: undefined
    })
    this.counts.mostApplicants = Math.max(this.counts.mostApplicants, this.applicants.size)
    return true
  }

  /** Takes out the managers among those who wait. */
  takeManagers(): number[] {
    const waiting = [...this.applicants.keys()].filter((name) => this.#peers.get(name)! < this.#managers)
    for (const name of waiting) this.applicants.delete(name)
    return waiting.map((name) => this.#peers.get(name)!)
  }

  /** The record of a peer has come: with its request, or with a digest. */
  noteRecord(peer: number): void {
    if (this.#isSpared(peer)) return
    this.#records.delete(peer)
    this.#records.add(peer)
    trim(this.#records, this.keptRecords)
  }

  hasRecord(peer: number): boolean {
    return this.#records.has(peer) || this.#isSpared(peer)
  }

  #isSpared(peer: number): boolean {
    return peer < this.#managers
  }
}
