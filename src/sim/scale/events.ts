/** What an event of a crowd is about, when it is no copy of a frame; and what a frame on the topic is about. */

export const EVENT = {
  task: 1,
  request: 2,
  challenged: 3,
  grant: 4,
  retry: 5,
  logQuestion: 6,
  logAnswer: 7,
  behind: 8,
  epochsQuestion: 9,
  epochsAnswer: 10,
  repair: 11,
  frameAnswer: 12,
  digest: 13
} as const
export type EventKind = (typeof EVENT)[keyof typeof EVENT]

const KIND_BITS = 4

/** An event's second integer: negative, as those of copies are not. @param more - what else there is to say of it. */
export const packed = (kind: EventKind, more: number): number => -(kind | (more << KIND_BITS))

export const kindOf = (event: number): EventKind => (-event & (2 ** KIND_BITS - 1)) as EventKind

export const moreOf = (event: number): number => -event >>> KIND_BITS

export const FRAME = {
  announcement: 0,
  chunk: 1,
  heartbeat: 2,
  message: 3,
  statements: 4,
  digest: 5,
  request: 6
} as const
export type FrameKind = (typeof FRAME)[keyof typeof FRAME]
