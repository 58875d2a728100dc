/** A Conclave node up to its first decrypted message, as a member that comes back or one that joins by invite. */
import { initHome, startNode } from '../../src/node/index.ts'

export interface StartOrder {
  readonly address: string
  readonly home: string
  /** Given to a newcomer, whose home is made on the way. */
  readonly invite: string | undefined
}

/** @param say - called with each stage as it is reached. */
export async function listenConclave(
  { address, home, invite }: StartOrder,
  say: (stage: string) => void
): Promise<void> {
  say('modules')
  if (invite !== undefined) await initHome(home, undefined, 'newcomer')
  const node = await startNode({ home, listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [address], isMdns: false })
  say('node')
  const heard = Promise.withResolvers<void>()
  node.onNotice((notice) => {
    if (notice.type === 'keyState') say(notice.state === 'ready' ? 'key' : `(${notice.state})`)
    if (notice.type === 'message') heard.resolve()
  })
  if (invite === undefined) say('key')
  else await node.command({ type: 'join', invite })
  // Looked at often and cheaply: there is no notice of these two.
  let isConnected = false
  const watch = setInterval(() => {
    if (!isConnected && node.peers().length > 0) {
      isConnected = true
      say('connected')
    }
    if (!node.topics().some((topic) => topic.isReady)) return
    clearInterval(watch)
    say('topic')
  }, 2)
  await heard.promise
  say('message')
}
