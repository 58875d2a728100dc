/** A raw gossipsub peer up to its first message. */
import { multiaddr } from '@multiformats/multiaddr'
import { rawPeer } from './crowd-raw.ts'

export const START_TOPIC = 'bench-start'

/** @param say - called with each stage as it is reached. */
export async function listenRaw(address: string, say: (stage: string) => void): Promise<void> {
  say('modules')
  const peer = await rawPeer(false)
  say('node')
  const { gossip } = peer.services
  const heard = Promise.withResolvers<void>()
  gossip.addEventListener('message', () => heard.resolve())
  gossip.addEventListener('subscription-change', () => say('topic'), { once: true })
  gossip.subscribe(START_TOPIC)
  await peer.dial(multiaddr(address))
  say('connected')
  await heard.promise
  say('message')
}
