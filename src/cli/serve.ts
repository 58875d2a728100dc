/** What `peer`, `key-manager` and `carrier` have in common: identity on the way, the node, the ready line, the end. */
import { UsageError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import { DAY_MS, SECOND_MS } from '../base/time.ts'
import type { ArchiveLimits } from '../node/index.ts'
import { isHeldBriefly } from '../node/lock.ts'
import type { Arguments, Options } from './arguments.ts'
import { displayText, joinText, own } from './display-text.ts'
import { EXIT } from './exit.ts'
import { existingPassphrase, homeOf, newNick, newPassphrase } from './home.ts'
import { interrupted, interruption } from './interrupts.ts'
import type { RunInit, Running } from './running.ts'
import { OwnSession } from './session.ts'
import { HOME, RUN } from './text.ts'

const MEGABYTE = 1_000_000

export interface Served {
  readonly running: Running
  readonly session: OwnSession
}

/**
 * Opens the home, or makes one, and starts a node in it. Nothing is printed on standard output yet.
 *
 * @param mayBeOpen - whether a new identity may go without protection when nobody can be asked.
 */
export async function startServing(
  args: Arguments,
  role: 'peer' | 'key-manager' | 'carrier',
  mayBeOpen: boolean
): Promise<Served> {
  const { options } = args
  const home = homeOf(options)
  const starting = (async () => {
    const passphrase = await passphraseOf(home, args, mayBeOpen)
    const listen = options.texts('listen')
    const running = await startWhenFree(args, {
      home,
      passphrase,
      role,
      isBrief: false,
      listen: listen.length > 0 ? listen : undefined,
      bootstrap: options.texts('bootstrap'),
      isMdns: !options.isOn('no-mdns'),
      archive: archiveOf(options),
      isOnline: true
    })
    passphrase?.destroy()
    return running
  })()
  const running = await Promise.race([
    starting,
    interrupted.then(() => {
      throw interruption()
    })
  ])
  return { running, session: new OwnSession(home, running) }
}

/** How long another command may take to give the home back, and how often is looked whether it has. */
const FREED_MS = 5 * SECOND_MS
const AGAIN_MS = 100

/** Starts a node; a home that another command holds for a moment is waited for. @throws what `startRunning` throws. */
async function startWhenFree({ output }: Arguments, init: RunInit): Promise<Running> {
  const { startRunning } = await import('./running.ts')
  const deadline = performance.now() + FREED_MS
  for (let isTold = false; ; isTold = true) {
    try {
      return await startRunning(init)
    } catch (error) {
      if (!isHeldBriefly(error) || performance.now() > deadline) throw error
    }
    if (!isTold) output.note(RUN.waitingForHome)
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}

/** How much a carrier keeps for others. @throws {UsageError} `BAD_OPTION` */
function archiveOf(options: Options): Partial<ArchiveLimits> {
  const days = options.count('keep-days')
  const megabytes = options.count('keep-mb')
  return {
    ...(days !== undefined && { maxAgeMs: days * DAY_MS }),
    ...(megabytes !== undefined && { maxBytes: megabytes * MEGABYTE })
  }
}

/** The passphrase of the home; a home without identity gets one. */
async function passphraseOf(home: string, args: Arguments, mayBeOpen: boolean): Promise<Secret | undefined> {
  try {
    return await existingPassphrase(home, args)
  } catch (error) {
    if (!(error instanceof UsageError) || error.code !== 'NO_VAULT') throw error
  }
  const nick = await newNick(args.options)
  const passphrase = await newPassphrase(args, mayBeOpen)
  const { initHome } = await import('../node/index.ts')
  const { userIdText } = await import('../core/identity/user.ts')
  const { user } = await initHome(home, passphrase, nick)
  const shownHome = displayText(home, { lines: 1 })
  for (const line of HOME.made(displayText(nick), displayText(userIdText(user)), shownHome)) args.output.note(line)
  return passphrase
}

/** The one stable line. From here on the node can be used. */
export async function sayReady({ running, session }: Served, { output }: Arguments): Promise<void> {
  const { user, addresses } = await session.call<{ user: string; addresses: string[] }>('id')
  const socket = await running.socketPath()
  output.answer({ type: 'ready', id: user, listen: addresses, socket }, () => {
    const listen =
      addresses.length === 0
        ? own`-`
        : joinText(
            addresses.map((one) => displayText(one, { lines: 1 })),
            own`,`
          )
    return [RUN.ready(displayText(user), listen, displayText(socket, { lines: 1 }))]
  })
}

/** Tells when the node fails closed. */
export function warnOfFailure({ running }: Served, { output }: Arguments): void {
  if (running.node.failure !== undefined) output.note(RUN.failed)
  running.node.onFailure(() => output.note(RUN.failed))
}

/** A node that nobody types at: stays until it is told to end. */
export async function serveHeadless(args: Arguments, role: 'peer' | 'key-manager' | 'carrier'): Promise<number> {
  const served = await startServing(args, role, false)
  const invite = args.operands[0]
  if (invite !== undefined) await served.session.call('join', { invite: args.operands.join(''), timeout: 0 })
  warnOfFailure(served, args)
  await sayReady(served, args)
  await interrupted
  await served.session.close()
  return EXIT.ok
}
