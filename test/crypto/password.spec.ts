import crypto from 'node:crypto'
import { expect } from 'chai'
import { EMPTY, utf8 } from '../../src/base/bytes.ts'
import { UsageError } from '../../src/base/errors.ts'
import { stretchers, stretchPassphrase, stretchWith } from '../../src/crypto/password.ts'
import { field, readVectors } from './vectors.ts'

const SALT = new Uint8Array(16).fill(2)
const COST = { memoryKiB: 64, passes: 2 }

describe('crypto/password', () => {
  it('the platform’s Argon2id gives the vector of RFC 9106 §5.3', function () {
    if (typeof crypto.argon2Sync !== 'function') this.skip()
    const vector = readVectors<Record<string, string> & Record<string, number>>('rfc9106-argon2id.json')
    const key = crypto.argon2Sync('argon2id', {
      message: field(vector, 'password'),
      nonce: field(vector, 'salt'),
      secret: field(vector, 'secret'),
      associatedData: field(vector, 'ad'),
      parallelism: Number(vector['parallelism']),
      memory: Number(vector['memoryKiB']),
      passes: Number(vector['passes']),
      tagLength: Number(vector['tagLength'])
    })
    expect(new Uint8Array(key)).to.deep.equal(field(vector, 'argon2id'))
  })

  it('every library gives the same key', () => {
    for (const passphrase of [EMPTY, utf8('correct horse'), new Uint8Array(1000)]) {
      const key = stretchPassphrase(passphrase, SALT, COST)
      expect(key).to.have.length(32)
      for (const stretcher of stretchers) expect(stretchWith(stretcher, passphrase, SALT, COST)).to.deep.equal(key)
    }
  })

  it('passphrase, salt, memory and passes all change the key', () => {
    const key = stretchPassphrase(utf8('a'), SALT, COST)
    expect(stretchPassphrase(utf8('b'), SALT, COST)).to.not.deep.equal(key)
    expect(stretchPassphrase(utf8('a'), new Uint8Array(16), COST)).to.not.deep.equal(key)
    expect(stretchPassphrase(utf8('a'), SALT, { ...COST, memoryKiB: 72 })).to.not.deep.equal(key)
    expect(stretchPassphrase(utf8('a'), SALT, { ...COST, passes: 3 })).to.not.deep.equal(key)
  })

  it('a cost out of bounds is refused before it is spent', () => {
    const never = { name: 'node', stretch: () => EMPTY } as const
    for (const cost of [
      { memoryKiB: 7, passes: 1 },
      { memoryKiB: 2 * 1024 * 1024 + 1, passes: 1 },
      { memoryKiB: 64.5, passes: 1 },
      { memoryKiB: Number.NaN, passes: 1 },
      { memoryKiB: 64, passes: 0 },
      { memoryKiB: 64, passes: 65 }
    ]) {
      expect(() => stretchWith(never, EMPTY, SALT, cost))
        .to.throw(UsageError)
        .with.property('code', 'BAD_COST')
    }
    for (const cost of [
      { memoryKiB: 8, passes: 1 },
      { memoryKiB: 2 * 1024 * 1024, passes: 64 }
    ]) {
      expect(stretchWith(never, EMPTY, SALT, cost)).to.equal(EMPTY)
    }
  })

  it('a salt of another length is the caller’s fault', () => {
    expect(() => stretchPassphrase(EMPTY, new Uint8Array(15), COST)).to.throw(UsageError)
  })
})
