/**
 * The record of a simulation: what happened, line by line, as it is written to a file of NDJSON and read by the report.
 *
 * Worlds of every kind write it: live nodes, the same machines in virtual time, and crowds. Times are ms since the run began,
 * in the time of that world, never going back. Peers go by their names in the scenario. The first line is a `run`, the last
 * an `end`.
 */

export const RECORD_VERSION = 1

/** `live`: real nodes; `virtual`: the same machines in virtual time; `scale`: crowds, in virtual time, with ideal cryptography. */
export type RunMode = 'live' | 'virtual' | 'scale'
export type PeerRole = 'manager' | 'member' | 'carrier'
export type Verdict = 'held' | 'broken'

interface At {
  /** ms since the run began. */
  readonly at: number
}

/** What is to be run, and how to run it again. */
export interface RunLine extends At {
  readonly type: 'run'
  readonly version: typeof RECORD_VERSION
  readonly scenario: string
  /** A sentence for people. */
  readonly about: string
  readonly mode: RunMode
  readonly seed: number
  readonly managers: number
  readonly peers: number
  /** Other parameters, as they were in force. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>
  /** The exact command that runs it again. */
  readonly command: string
  /** ISO 8601. */
  readonly startedAt: string
}

/** A part of the scenario begins; the one before ends. */
export interface PhaseLine extends At {
  readonly type: 'phase'
  readonly name: string
}

/** A peer comes, goes, or is stopped on its way. */
export interface PeerLine extends At {
  readonly type: 'peer'
  readonly peer: string
  readonly role: PeerRole
  readonly state: 'up' | 'down' | 'paused' | 'resumed'
}

/** Something is done to the peers or to the network between them: `what` says it in words. */
export interface FaultLine extends At {
  readonly type: 'fault'
  readonly what: string
  /** Whom it is done to; empty: all. */
  readonly peers: readonly string[]
  /** When it ends by itself, ms since the run began. */
  readonly until?: number
  /** It is no fault but the end of others. */
  readonly isEnd?: boolean
}

/** Somebody asks for something: to join, to remove, to rekey. `what` says it in words. */
export interface ActLine extends At {
  readonly type: 'act'
  readonly what: string
  readonly by: string
  readonly about?: string
}

/** A message was sent off. */
export interface SaidLine extends At {
  readonly type: 'said'
  readonly id: string
  readonly by: string
  /** Empty: the channel; else a group's name, or `@` and the name of the one other. */
  readonly place: string
  /** To how many it should come. */
  readonly readers: number
}

/** A message was shown: to one peer, or, in crowds, to `count` peers after the same time. */
export interface ShownLine extends At {
  readonly type: 'shown'
  readonly id?: string
  readonly peer?: string
  /** ms since it was said. */
  readonly ms: number
  readonly count: number
}

/** A peer has the key of an epoch, or none. In crowds `count` peers come to the same epoch at once, and `peer` is empty. */
export interface KeyLine extends At {
  readonly type: 'key'
  readonly peer: string
  readonly count: number
  /** As the command line names key states: `ready`, `waiting-for-manager`, … */
  readonly state: string
  readonly term: number
  readonly serial: number
  /** ms since it asked, or since the epoch was made. */
  readonly ms?: number
}

/** An epoch was made. */
export interface EpochLine extends At {
  readonly type: 'epoch'
  readonly term: number
  readonly serial: number
  readonly by: string
  /** Managers who signed it, as far as it needs them. */
  readonly signers: readonly string[]
  readonly members: number
  /** Whether it opens a term. */
  readonly isRoot: boolean
  /** Of its announcement. */
  readonly bytes: number
}

/** Something a peer tells its user that is no message: a gap, an alarm, a warning, a change of manager. */
export interface NoticeLine extends At {
  readonly type: 'notice'
  readonly peer: string
  readonly what: 'gap' | 'alarm' | 'unreadable' | 'warning' | 'manager' | 'member'
  readonly words: string
}

/** What the network carried since the last such line, by kind of frame: [frames, bytes]. Copies count. */
export interface CarriedLine extends At {
  readonly type: 'carried'
  readonly kinds: Readonly<Record<string, readonly [frames: number, bytes: number]>>
}

/** What the process was using, and did, since the last such line. */
export interface SampleLine extends At {
  readonly type: 'sample'
  /** Resident memory, bytes. */
  readonly rss: number
  /** Events handled, of all peers. */
  readonly events: number
  /** Real ms that took. */
  readonly ms: number
  readonly online: number
}

/** Who is connected with whom at this moment. */
export interface LinksLine extends At {
  readonly type: 'links'
  readonly links: readonly (readonly [string, string])[]
}

/** One and the same thing, as the carrier sees it and as members do. */
export interface SightLine extends At {
  readonly type: 'sight'
  readonly kind: string
  /** What is in the clear, and how the rest looks. */
  readonly carrier: string
  /** What members have of it; empty: nothing that is shown. */
  readonly members: string
}

/** What a checker says at the end, or at the moment something broke. */
export interface InvariantLine extends At {
  readonly type: 'invariant'
  /** Such as `I-10`. */
  readonly id: string
  /** What is promised, a sentence. */
  readonly claim: string
  readonly verdict: Verdict | 'not checked'
  /** How often it was looked at. */
  readonly looks: number
  /** When broken: what was seen. When held: what was looked at. Otherwise why it was not checked. */
  readonly evidence: string
  /** When broken: the last things that happened before. */
  readonly trace?: readonly string[]
}

/** It is over. */
export interface EndLine extends At {
  readonly type: 'end'
  readonly verdict: Verdict
  /** Real ms that the run took. */
  readonly ms: number
  readonly events: number
  /** Resident memory at most, bytes. */
  readonly rss: number
  /** Figures of this scenario, by what they are: with unit in the name. */
  readonly figures: Readonly<Record<string, number>>
}

export type RecordLine =
  | RunLine
  | PhaseLine
  | PeerLine
  | FaultLine
  | ActLine
  | SaidLine
  | ShownLine
  | KeyLine
  | EpochLine
  | NoticeLine
  | CarriedLine
  | SampleLine
  | LinksLine
  | SightLine
  | InvariantLine
  | EndLine

/** Takes the lines of a run as they come. */
export type Recorder = (line: RecordLine) => void
