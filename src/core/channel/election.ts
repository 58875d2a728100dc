/**
 * Who leads a channel with several key managers: ranks, offices, and how long anybody waits before it stands (protocol §7, §13).
 *
 * The manager in office is the issuer of the highest certified term. Ranks only spread out candidates in time, and decide
 * between two offices of one term where no quorum keeps managers from making both.
 */
import { compareBytes, equalBytes, u64 } from '../../base/bytes.ts'
import { hash } from '../../crypto/kdf.ts'
import { LABEL } from '../../crypto/labels.ts'
import { type Descriptor, TimingProfile } from '../../wire/messages.ts'
import { ELECTION_BASE_MS, ELECTION_JITTER_MS, ELECTION_STEP_MS, HAND_OVER_STEP_MS, WAN_FACTOR } from '../params.ts'
import { type Charter, signaturesNeeded } from './descriptor.ts'

/** One term, and the manager that opened it. */
export interface Office {
  /** Of the descriptor under which it was opened. */
  readonly version: number
  /** 0: before the first. */
  readonly term: number
  readonly manager: Uint8Array
}

/** Managers in the order in which they stand for a term. */
function order({ channel, descriptor }: Charter, term: number): Uint8Array[] {
  const lot = (manager: Uint8Array): Uint8Array => hash(LABEL.electionRank, channel, u64(term), manager)
  return [...descriptor.managers].sort((a, b) => compareBytes(lot(a), lot(b)))
}

/** @returns how many managers stand before this one for a term; as many as there are for who is none. */
export function rankOf(charter: Charter, term: number, manager: Uint8Array): number {
  const rank = order(charter, term).findIndex((one) => equalBytes(one, manager))
  return rank < 0 ? charter.descriptor.managers.length : rank
}

/**
 * Whether one office takes the place of another: the one of the later version of the descriptor does, else the higher term,
 * and in one term the lower rank.
 */
export function outranks(charter: Charter, one: Office, other: Office): boolean {
  if (one.version !== other.version) return one.version > other.version
  if (one.term !== other.term || equalBytes(one.manager, other.manager)) return one.term > other.term
  return rankOf(charter, one.term, one.manager) < rankOf(charter, one.term, other.manager)
}

/** Whether a new root takes more than one manager: else each may go on alone (the available mode of §7.4). */
export const needsQuorum = (descriptor: Descriptor): boolean => signaturesNeeded(descriptor) > 1

/**
 * How long a manager waits for one in office before it stands.
 *
 * @param gone - the manager it waited for, which is not counted.
 * @param hasLeft - whether that one said that it goes: then nobody has to wait for a lease.
 * @param chance - from 0 to 1.
 * @returns ms
 */
export function patienceMs(
  charter: Charter,
  term: number,
  manager: Uint8Array,
  gone: Uint8Array,
  hasLeft: boolean,
  chance: number
): number {
  const before = order(charter, term).filter((one) => !equalBytes(one, gone))
  const place = before.findIndex((one) => equalBytes(one, manager))
  const factor = charter.descriptor.timing === TimingProfile.WAN ? WAN_FACTOR : 1
  if (hasLeft) return factor * HAND_OVER_STEP_MS * (place + chance / 2)
  return factor * (ELECTION_BASE_MS + place * ELECTION_STEP_MS + chance * ELECTION_JITTER_MS)
}
