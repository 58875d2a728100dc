/** What is done in a run, in words: the lines that a record has of it. */
import { SECOND_MS } from '../base/time.ts'
import { timeText } from './form.ts'
import { CALM, type Conditions } from './network.ts'
import type { PlannedAct, PlannedStep } from './plan.ts'
import type { ActLine, FaultLine } from './record.ts'

type Line = Omit<ActLine, 'at'> | Omit<FaultLine, 'at'>

/**
 * The line of a step; undefined for what people say, which has lines of its own.
 *
 * @param step - with names in place of `LEADER`.
 * @param later - the steps after it in its phase: one of them may end it.
 * @param begunAt - when its phase began, ms.
 * @param usual - what the network is like when nothing is wrong.
 */
export function lineOf(
  { at, act }: PlannedStep,
  later: readonly PlannedStep[],
  begunAt: number,
  usual: Conditions
): Line | undefined {
  const did = (by: string, what: string, about?: string): Line => ({
    type: 'act',
    what,
    by,
    ...(about !== undefined && { about })
  })
  const suffered = (what: string, peers: readonly string[], endsAt?: number): Line => ({
    type: 'fault',
    what,
    peers,
    ...(endsAt !== undefined && { until: begunAt + endsAt })
  })
  const ended = (what: string): Line => ({ type: 'fault', what, peers: [], isEnd: true })
  const spell = (forMs: number | undefined): number | undefined => (forMs === undefined ? undefined : at + forMs)
  const endedBy = (type: PlannedAct['type']): number | undefined => later.find((step) => step.act.type === type)?.at
  switch (act.type) {
    case 'say':
    case 'sayTo':
      return undefined
    case 'create':
      return did(act.who, 'founds the channel')
    case 'invite':
      return did(act.who, 'makes an invite')
    case 'join':
      return did(act.who, 'asks to join')
    case 'leave':
      return did(act.who, 'leaves the channel')
    case 'admit':
      return did(act.by, 'lets in', act.who)
    case 'remove':
      return did(act.by, act.isForCause ? 'removes for cause' : 'removes', act.who)
    case 'rekey':
      return did(
        act.by,
        act.group === undefined ? 'asks for a new key' : `asks for a new key of the group ${act.group}`
      )
    case 'createGroup':
      return did(act.by, `makes the group ${act.group}`)
    case 'dissolveGroup':
      return did(act.by, `dissolves the group ${act.group}`)
    case 'putIntoGroup':
      return did(act.by, `puts into the group ${act.group}`, act.who)
    case 'takeOutOfGroup':
      return did(act.by, `takes out of the group ${act.group}`, act.who)
    case 'start':
      return did(act.who, 'starts')
    case 'stop':
      return suffered('ends in order', [act.who], spell(act.forMs))
    case 'crash':
      return suffered(`is killed${LOSSES[act.loss ?? 'nothing']}`, [act.who], spell(act.forMs))
    case 'pause':
      return suffered('stands still', [act.who], spell(act.forMs))
    case 'resume':
      return did(act.who, 'goes on')
    case 'isolate':
      return suffered('is cut off', [act.who], endedBy('heal'))
    case 'partition':
      return suffered(`the network falls into ${act.sets.length} parts`, act.sets.flat(), endedBy('heal'))
    case 'cut':
      return suffered(`is not heard by ${act.to} any more`, [act.from], endedBy('heal'))
    case 'heal':
      return ended('every link is whole again')
    case 'weather':
      return isSame({ ...CALM, ...act.conditions }, usual)
        ? ended('the network is as it was')
        : suffered(weatherWords(act.conditions), [], endedBy('weather'))
    case 'directory':
      return suffered('the directory misbehaves', [])
    case 'replay':
      return suffered('what was recorded is sent again', [])
    case 'flood':
      return act.as === undefined
        ? suffered(`strangers send ${FLOODS[act.what]}`, [])
        : suffered(`sends ${FLOODS[act.what]}`, [act.as])
    case 'lie':
      return suffered(`begins to lie: ${act.lie}`, [act.who])
    case 'clock':
      return suffered(`its clock jumps by ${(act.jumpMs ?? 0) / SECOND_MS} s`, [act.who])
    case 'copyDisk':
    case 'oldDisk':
    case 'emptyDisk':
      return suffered('its disk is copied or set back', [act.who])
    case 'calm':
      return ended('all faults end')
    case 'wait':
      return suffered(`${timeText(act.forMs)} pass`, [])
    default:
      return act satisfies never
  }
}

const LOSSES = {
  nothing: '',
  tail: ', and its disk loses the newest of what was not safe',
  some: ', and its disk loses some of what was not safe',
  unsynced: ', and its disk loses all that was not safe'
} as const

const FLOODS = {
  garbage: 'random bytes',
  mutated: 'frames with a flipped bit',
  requests: 'key requests that nobody can open',
  resigned: 'what others said, under another signature',
  twisted: 'what others said, with other bytes sealed in it'
} as const

const isSame = (one: Conditions, other: Conditions): boolean =>
  Object.entries(one).every(([name, value]) => other[name as keyof Conditions] === value)

function weatherWords({
  lossRate = 0,
  streamLossRate = 0,
  medianDelayMs,
  bandwidth = 0
}: Extract<PlannedAct, { type: 'weather' }>['conditions']): string {
  const words = [
    ...(lossRate > 0 ? [`${Math.round(lossRate * 100)} % of frames are lost`] : []),
    ...(streamLossRate > 0 ? [`${Math.round(streamLossRate * 100)} % of streams fail`] : []),
    ...(medianDelayMs === undefined ? [] : [`a frame takes ${medianDelayMs} ms`]),
    ...(bandwidth > 0 ? [`a peer sends ${bandwidth} bit/s at most`] : [])
  ]
  return `the network changes${words.length === 0 ? '' : `: ${words.join(', ')}`}`
}
