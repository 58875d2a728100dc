/**
 * Dials the peers we want to be connected to, some at a time, again and again.
 *
 * Every dial is caught: nothing that a peer or the network does is thrown into the process. A target that is not to be
 * kept for ever is given up after some failures in a row.
 */
import type { Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Logger, Metrics } from '../base/report.ts'
import { withPeer } from './address.ts'
import { errorFields } from './report.ts'
import { type Target, type Targets, waitAfter } from './targets.ts'

/** Targets dialled at once. */
export const MAX_PARALLEL_DIALS = 16
/** A target that is not to be kept for ever is given up after this many tries in a row. */
const TRIES = 6
const TICK_MS = 250

/** What a dialler works with. */
export interface DiallerInit {
  readonly libp2p: Libp2p
  readonly targets: Targets
  readonly isConnected: (peer: string) => boolean
  /** Ends all dialling. */
  readonly stopped: AbortSignal
  readonly logger: Logger
  readonly metrics: Metrics
}

/** Dials targets. */
export class Dialler {
  readonly #init: DiallerInit
  #ticker: NodeJS.Timeout | undefined
  #dials = 0

  constructor(init: DiallerInit) {
    this.#init = init
  }

  /** Begins. The host is started. */
  start(): void {
    this.#ticker = setInterval(() => this.tick(), TICK_MS)
    this.tick()
  }

  stop(): void {
    clearInterval(this.#ticker)
  }

  /** Dials every target that is due. */
  tick(): void {
    const { libp2p, targets, isConnected, stopped } = this.#init
    if (stopped.aborted || libp2p.status !== 'started') return
    const now = performance.now()
    for (const target of targets.values()) {
      if (this.#dials >= MAX_PARALLEL_DIALS) return
      if (target.isDialling || target.dueAt > now) continue
      if (target.peer !== undefined && isConnected(target.peer)) continue
      void this.#reach(target)
    }
  }

  async #reach(target: Target): Promise<void> {
    const { libp2p, targets, stopped, logger, metrics } = this.#init
    target.isDialling = true
    this.#dials++
    try {
      const { peer, addresses } = target
      const to =
        addresses.length === 0
          ? peerIdFromString(peer!)
          : addresses.map((a) => (peer === undefined ? a : withPeer(a, peer)))
      const connection = await libp2p.dial(to, { signal: stopped })
      target.peer = connection.remotePeer.toString()
      target.failures = 0
      target.dueAt = performance.now() + waitAfter(0)
    } catch (error) {
      target.failures++
      target.dueAt = performance.now() + waitAfter(target.failures)
      metrics.count('host.dialFailed')
      logger.log('debug', 'host.dialFailed', { failures: target.failures, ...errorFields(error) })
      if (target.persistence !== 'always' && target.failures >= TRIES) targets.remove(target)
    } finally {
      target.isDialling = false
      this.#dials--
    }
  }
}
