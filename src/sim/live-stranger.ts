/** Somebody without keys on a live network, who publishes what it likes: real gossip without any check of ours. */
import { randomBytes } from 'node:crypto'
import { signingKey } from '../crypto/sign.ts'
import { insideOf, seenName } from '../node/gossip.ts'
import { createHost, type Host, type MakeTransport } from '../node/host.ts'
import { topicOf } from '../wire/names.ts'

export class Stranger {
  readonly #host: Host

  private constructor(host: Host) {
    this.#host = host
  }

  /** @param bootstrap - whom it calls. */
  static async start(bootstrap: readonly string[], unsafeTransport: MakeTransport | undefined): Promise<Stranger> {
    const key = signingKey(new Uint8Array(randomBytes(32)))
    const host = await createHost({ key, listen: [], bootstrap, isMdns: false, unsafeTransport })
    await host.start()
    return new Stranger(host)
  }

  /** Gives a frame to all neighbours that carry the channel, whether they had it before or not. */
  async publish(channel: Uint8Array, frame: Uint8Array): Promise<void> {
    const { gossip } = this.#host.libp2p.services
    const topic = topicOf(channel)
    if (!gossip.getTopics().includes(topic)) gossip.subscribe(topic)
    insideOf(gossip).seenCache.entries.delete(seenName(topic, frame))
    // To nobody, or too much at once: so be it.
    await gossip.publish(topic, frame).catch(() => {})
  }

  stop(): Promise<void> {
    return this.#host.stop()
  }
}
