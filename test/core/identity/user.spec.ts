import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect } from 'chai'
import { base58 } from '../../../src/base/base58.ts'
import { joinBytes, unhex, utf8 } from '../../../src/base/bytes.ts'
import { UsageError } from '../../../src/base/errors.ts'
import { asUserId, readUserId, shortFingerprint, toUserId, userIdText } from '../../../src/core/identity/user.ts'
import { sha256 } from '../../../src/crypto/kdf.ts'
import { alice, bob } from './people.ts'

const SMALL_ORDER = unhex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')

describe('user', () => {
  it('has the text that libp2p gives its peer id', async () => {
    const theirs = peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', sha256(utf8('alice')))).toString()
    expect(userIdText(asUserId(alice.publicKey))).to.equal(theirs)
    expect(theirs).to.match(/^12D3KooW.{44}$/)
    expect(readUserId(theirs)).to.deep.equal(alice.publicKey)
  })

  it('is never read from another text', () => {
    const text = userIdText(asUserId(alice.publicKey))
    const others = [
      '',
      '1',
      `1${text}`,
      `${text}1`,
      text.slice(1),
      text.slice(0, -1),
      text.toLowerCase(),
      ` ${text}`,
      '1'.repeat(200)
    ]
    for (const other of others) expect(readUserId(other), other).to.equal(undefined)
    expect(readUserId('QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N')).to.equal(undefined)
  })

  it('is never read from the peer id of another type of key', () => {
    for (const prefix of ['002408011220', '002408021220', '122408011220', '002408001220']) {
      const text = base58(joinBytes(unhex(prefix), alice.publicKey))
      expect(readUserId(text) !== undefined, prefix).to.equal(prefix === '002408011220')
    }
  })

  it('never has a key of small order or another length', () => {
    for (const key of [SMALL_ORDER, new Uint8Array(32), new Uint8Array(31).fill(7), new Uint8Array(33).fill(7)]) {
      expect(toUserId(key)).to.equal(undefined)
      expect(() => asUserId(key)).to.throw(UsageError)
    }
  })

  it('has a short fingerprint of two groups, its own', () => {
    const [hers, his] = [alice, bob].map((key) => shortFingerprint(asUserId(key.publicKey)))
    expect(hers).to.match(/^[A-Z2-7]{4}-[A-Z2-7]{4}$/)
    expect(hers).to.not.equal(his)
  })
})
