/**
 * The process of one live node: a real home in a folder, and everything that is seen of it told to the parent. It ends with its
 * parent.
 */
import { rmdirSync, rmSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname } from 'node:path'
import { EMPTY } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import type { Command, CommandResult } from '../core/command.ts'
import { type UserId, userIdText } from '../core/identity/user.ts'
import type { Effect, Event, Row } from '../core/machine.ts'
import { messageRow } from '../core/member/history.ts'
import { Peer } from '../core/peer.ts'
import { signingKey } from '../crypto/sign.ts'
import { initHome } from '../node/home.ts'
import { type Node, startNode } from '../node/node.ts'
import { isAboutKeys } from './checkers/secrecy.ts'
import { SeenMachine } from './live-machine.ts'
import type { Fill, HeldSecret } from './node.ts'

/** What the parent says. */
export type Order =
  | {
      readonly type: 'start'
      readonly home: string
      readonly seed: Uint8Array
      readonly nick: string
      readonly listen: string
      readonly bootstrap: readonly string[]
      readonly isDirectoryServer: boolean
      readonly cut: readonly UserId[]
    }
  | { readonly type: 'command'; readonly call: number; readonly command: Command; readonly number: number }
  | { readonly type: 'cut'; readonly users: readonly UserId[] }
  | { readonly type: 'streams'; readonly lossRate: number }
  | { readonly type: 'stop' }

/** An error on its way between processes. */
export interface Told {
  readonly code: string
  readonly message: string
}

/** What the child says. Errors among results are `Told`. */
export type Report =
  | { readonly type: 'started'; readonly addresses: readonly string[] }
  | { readonly type: 'failed'; readonly error: Told }
  | { readonly type: 'event'; readonly event: Event }
  | { readonly type: 'arrival'; readonly channel: Uint8Array; readonly frame: Uint8Array; readonly judgement: unknown }
  | { readonly type: 'effect'; readonly effect: Exclude<Effect, { type: 'result' }> }
  | {
      readonly type: 'result'
      readonly number: number
      readonly result: CommandResult | undefined
      readonly error?: Told
    }
  | {
      readonly type: 'handled'
      readonly secrets: readonly HeldSecret[] | undefined
      readonly fills: readonly Fill[] | undefined
    }
  | { readonly type: 'kept'; readonly rows: readonly Row[] }
  | { readonly type: 'fault'; readonly text: string }
  | {
      readonly type: 'answer'
      readonly call: number
      readonly result: CommandResult | undefined
      readonly error?: Told
    }
  | {
      readonly type: 'topics'
      readonly topics: readonly { readonly channel: Uint8Array; readonly subscribers: readonly UserId[] }[]
    }

/** How often it tells whom it is connected to, ms. */
const TOPICS_MS = 500
/** Bounded things are looked at once for so many events. */
const EVENTS_BETWEEN_FILLS = 100

const tell = (report: Report): void => {
  // A parent that is gone hears nothing.
  if (process.connected) process.send!(report, undefined, undefined, () => {})
}

const told = (error: unknown): Told => ({
  code: error instanceof UsageError ? error.code : 'FAULT',
  message: error instanceof Error ? error.message : String(error)
})

const tellFault = (fault: unknown): void =>
  tell({ type: 'fault', text: fault instanceof Error ? (fault.stack ?? fault.message) : String(fault) })

const cut = new Set<string>()
let lossRate = 0
let folder: string | undefined
let node: Node | undefined
let machine: SeenMachine | undefined

async function start(order: Extract<Order, { type: 'start' }>): Promise<void> {
  const { home, seed, nick, listen, bootstrap, isDirectoryServer } = order
  const isNew = await access(home).then(
    () => false,
    () => true
  )
  if (isNew) await initHome(home, undefined, 'somebody')
  folder = home
  setCut(order.cut)
  const peer = new Peer({ key: signingKey(seed), nick })
  let areKeysNews = false
  let isHandling = false
  let events = 0
  machine = new SeenMachine(
    () => peer,
    {
      onEvent: (event) => {
        areKeysNews ||= event.type === 'restore'
        isHandling = true
        events++
        tell({ type: 'event', event })
      },
      onArrival: ({ channel, bytes }, judgement) => tell({ type: 'arrival', channel, frame: bytes, judgement }),
      onEffect: (effect) => {
        if (effect.type === 'notify') areKeysNews ||= isAboutKeys(effect.notice)
        if (effect.type !== 'result') tell({ type: 'effect', effect })
        else if (effect.result instanceof Error)
          tell({ type: 'result', number: effect.id, result: undefined, error: told(effect.result) })
        else tell({ type: 'result', number: effect.id, result: effect.result })
      },
      onHandled: () => {
        if (!isHandling) return
        isHandling = false
        const fills = events % EVENTS_BETWEEN_FILLS === 0 ? peer.unsafeFills() : undefined
        tell({ type: 'handled', secrets: areKeysNews ? peer.unsafeSecrets() : undefined, fills })
        areKeysNews = false
      },
      onFault: tellFault
    },
    () => Math.random() < lossRate
  )
  const seen = machine
  node = await startNode({
    home,
    key: signingKey(seed),
    listen: [listen],
    bootstrap,
    isMdns: false,
    isDirectoryServer,
    makeMachine: () => seen,
    unsafeWatch: seen,
    unsafeGate: (user) => !cut.has(userIdText(user))
  })
  node.onFailure((failure) => tellFault(failure.cause ?? failure))
  tell({ type: 'started', addresses: node.addresses() })
  if (!isNew) await tellKept(node)
  setInterval(() => {
    if (node !== undefined) tell({ type: 'topics', topics: node.topics() })
  }, TOPICS_MS).unref()
}

/** Of what was kept before, the parent may not have heard: a killed process tells nothing any more. */
async function tellKept(node: Node): Promise<void> {
  const result = await node.command({ type: 'channels' })
  for (const { id } of result.type === 'channels' ? result.channels : []) {
    const views = await node.messages(id)
    tell({ type: 'kept', rows: views.map((view) => messageRow(view, EMPTY, 0)) })
  }
}

function setCut(users: readonly UserId[]): void {
  cut.clear()
  for (const user of users) cut.add(userIdText(user))
  node?.unsafeHangUp()
}

async function carryOut({ call, command, number }: Extract<Order, { type: 'command' }>): Promise<void> {
  try {
    machine!.expect(command, number)
    tell({ type: 'answer', call, result: await node!.command(command) })
  } catch (error) {
    tell({ type: 'answer', call, result: undefined, error: told(error) })
  }
}

process.on('message', (order: Order) => {
  switch (order.type) {
    case 'start':
      start(order).catch((error) => tell({ type: 'failed', error: told(error) }))
      break
    case 'command':
      void carryOut(order)
      break
    case 'cut':
      setCut(order.users)
      break
    case 'streams':
      lossRate = order.lossRate
      break
    case 'stop':
      void node?.stop().finally(() => process.exit())
      break
    default:
      order satisfies never
  }
})
process.on('disconnect', () => {
  if (folder !== undefined) removeHome(folder)
  process.exit()
})

/** The parent was killed and cannot do it; the last child takes the folder of all homes with it. */
function removeHome(home: string): void {
  rmSync(home, { recursive: true, force: true })
  try {
    rmdirSync(dirname(home))
  } catch {
    // Another child is still there.
  }
}

// Ctrl-C is the parent's: it ends its children.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
