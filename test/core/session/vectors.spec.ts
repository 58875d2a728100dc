import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { hex, unhex } from '../../../src/base/bytes.ts'
import { prekeyId } from '../../../src/core/identity/prekeys.ts'
import { asUserId } from '../../../src/core/identity/user.ts'
import { readUserRecord } from '../../../src/core/identity/user-record.ts'
import { openStart, respond } from '../../../src/core/session/handshake.ts'
import { Session } from '../../../src/core/session/session.ts'
import { x25519KeyPair, xWingKeyPair } from '../../../src/crypto/kem.ts'
import { signingKey } from '../../../src/crypto/sign.ts'
import { SessionContent, SessionFrame, SessionStart } from '../../../src/wire/messages.ts'
import { good, NOW, seeded } from './ends.ts'
import { type SessionVector, vectorOf } from './vectors.ts'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..')
const vectors = JSON.parse(readFileSync(`${ROOT}/test/vectors/session-v1.json`, 'utf8')) as SessionVector[]

describe('the vectors of sessions', () => {
  it('are what this code makes, byte for byte, of the same keys and randomness', () => {
    for (const vector of vectors) {
      const box = { enc: unhex(vector.enc), sharedSecret: unhex(vector.kemSecret) }
      expect(vectorOf(vector.name, vector.oneTimeSeed !== '', box)).to.deep.equal(vector)
    }
    expect(vectors).to.have.length(2)
  })

  it('open to the responder with the keys that stand in them alone', () => {
    for (const vector of vectors) {
      const [x25519, xwing] = [
        x25519KeyPair(unhex(vector.responderX25519Seed)),
        xWingKeyPair(unhex(vector.responderXWingSeed))
      ]
      const id = prekeyId(x25519.publicKey, xwing.publicKey)
      const prekey = {
        public: { id, x25519: x25519.publicKey, xwing: xwing.publicKey, notBefore: NOW, notAfter: NOW },
        x25519,
        xwing
      }
      const start = SessionStart.decode(unhex(vector.start))
      const opened = good(openStart(start, prekey)) as Exclude<ReturnType<typeof openStart>, undefined> & {
        bytes: Uint8Array
        kemSecret: Uint8Array
      }
      expect(hex(opened.bytes)).to.equal(vector.startContent)
      expect(hex(opened.kemSecret)).to.equal(vector.kemSecret)
      const initiator = good(readUserRecord(unhex(vector.initiatorRecord), NOW)).user
      expect(hex(initiator)).to.equal(hex(signingKey(unhex(vector.initiatorSeed)).publicKey))
      const self = signingKey(unhex(vector.responderSeed))
      const oneTime = vector.oneTimeSeed === '' ? undefined : x25519KeyPair(unhex(vector.oneTimeSeed))
      const agreed = good(respond(opened as never, start.enc, initiator, self, prekey, oneTime))
      expect([hex(agreed.id), hex(agreed.secret)]).to.deep.equal([vector.id, vector.secret])
      const frames = vector.frames.map(({ frame }) => SessionFrame.decode(unhex(frame)))
      const ends = { self: asUserId(self.publicKey), other: initiator }
      const traits = { generation: 1, hasOneTimeKey: oneTime !== undefined }
      const session = Session.responder(ends, agreed, traits, x25519, frames[0]!.tag)
      const [first] = frames
      const content = good(session.open(first!, { now: NOW, uptimeMs: 0, random: seeded('any') }, () => undefined))
      expect(hex(SessionContent.encode(content))).to.equal(vector.frames[0]!.content)
    }
  })
})
