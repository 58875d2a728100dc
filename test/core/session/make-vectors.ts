/** Prints the vectors of test/vectors/session-v1.json. A difference to the file is a break of the protocol. */
import { readFileSync } from 'node:fs'
import { unhex } from '../../../src/base/bytes.ts'
import { type Encapsulation, encapsulate, KEM } from '../../../src/crypto/kem.ts'
import { seeded, selfOf } from './ends.ts'
import { type SessionVector, vectorOf } from './vectors.ts'

const NAMES = ['with a one-time key', 'without a one-time key'] as const

/** The encapsulations of the file, which nobody can make again; new ones when there is none. */
function boxes(): Encapsulation[] {
  try {
    const known = JSON.parse(readFileSync('test/vectors/session-v1.json', 'utf8')) as SessionVector[]
    return known.map(({ enc, kemSecret }) => ({ enc: unhex(enc), sharedSecret: unhex(kemSecret) }))
  } catch {
    return NAMES.map((name) => encapsulate(KEM.X_WING, selfOf('vector bob').record.prekey.xwing, seeded(name)(32))!)
  }
}

const vectors = boxes().map((box, i) => vectorOf(NAMES[i]!, i === 0, box))
process.stdout.write(`${JSON.stringify(vectors, undefined, 1)}\n`)
