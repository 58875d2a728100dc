import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { expect } from 'chai'
import { equalBytes } from '../../src/base/bytes.ts'
import { gater, PendingConnections } from '../../src/node/gater.ts'
import { newKey } from '../live/hosts.ts'

describe('who may be connected', () => {
  const [alice, bob, carol] = [newKey(), newKey(), newKey()] as const
  const peerOf = ({ publicKey }: { publicKey: Uint8Array }): PeerId => peerIdFromPublicKey(publicKeyFromRaw(publicKey))

  it('is asked before a dial, and again after each handshake', () => {
    const rules = gater(
      new PendingConnections(),
      peerOf(alice).toString(),
      () => false,
      (user) => !equalBytes(user, carol.publicKey)
    )
    const asked = [rules.denyDialPeer, rules.denyInboundEncryptedConnection, rules.denyOutboundEncryptedConnection]
    for (const deny of asked as ((peer: PeerId) => boolean)[]) {
      const answers = [alice, bob, carol].map((key) => deny(peerOf(key)))
      expect(answers).to.deep.equal([true, false, true])
    }
  })
})
