import { expect } from 'chai'
import { equalBytes } from '../../../src/base/bytes.ts'
import { certificateOf } from '../../../src/core/channel/announcement.ts'
import { readFrame } from '../../../src/core/channel/frame.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { Bus, Liar, type Node, randomOf } from '../bus.ts'

const random = randomOf('footing')

interface World {
  readonly bus: Bus
  readonly liar: Liar
  readonly bert: Node
  readonly cora: Node
  readonly channel: Uint8Array
}

/** Of three managers one is the liar, who opened the term; Bert has its key, and Cora comes by an invite and has none. */
function world(): World {
  const bus = new Bus('footing')
  const [bert, cora] = [bus.add('bert'), bus.add('cora')]
  const liar = new Liar(bus, (key) => ({ managers: [key, bert.key.publicKey, cora.key.publicKey] }))
  liar.takeIn(bert)
  bus.pass(2_000)
  // Nobody comes into office: what is said of keys is between who has none and who may help.
  bus.carry = (deliver, _, bytes) => {
    const frame = readFrame(liar.channel, bytes)
    if (frame === undefined || frame instanceof Refusal || frame.kind !== 'coSignature') deliver()
  }
  return { bus, liar, bert, cora, channel: liar.channel }
}

/** What one node has sent to another alone, of these kinds. */
function sent({ bus, channel }: World, from: Node, to: Node, ...kinds: readonly string[]): Uint8Array[] {
  return bus.trace.flatMap(({ node, effect }) => {
    if (node !== from || effect.type !== 'publish' || effect.to === undefined) return []
    const frame = readFrame(channel, effect.frame)
    const isOne = frame !== undefined && !(frame instanceof Refusal) && kinds.includes(frame.kind)
    return isOne && equalBytes(effect.to, to.key.publicKey) ? [effect.frame] : []
  })
}

/** A request of Cora to Bert, made while the manager in office was heard of. */
function request(all: World): Uint8Array {
  const { bus, liar, bert, cora, channel } = all
  bus.join(cora, liar.invite())
  for (let counter = 1; counter <= 60; counter++) {
    bus.deliver(bert, channel, liar.heartbeat(counter).bytes)
    bus.pass(1_000)
  }
  const [first] = sent(all, cora, bert, 'keyRequest')
  if (first === undefined) throw new Error('Cora has not asked Bert')
  expect(answers(all), 'while one in office is heard of').to.equal(0)
  return first
}
const answers = (all: World): number => sent(all, all.bert, all.cora, 'challenge', 'grant').length

describe('a footing on the epoch of a manager that waits', () => {
  it('is given to the other managers while nobody is in office, and to nobody else', () => {
    const all = world()
    const { bus, liar, bert, cora } = all
    const otto = bus.add('otto')
    bus.join(otto, liar.invite())
    bus.pass(90_000)
    expect(sent(all, otto, bert, 'keyRequest')).not.to.deep.equal([])
    expect(sent(all, bert, otto, 'grant')).to.deep.equal([])
    bus.join(cora, liar.invite())
    bus.pass(90_000)
    expect(sent(all, bert, cora, 'grant')).to.have.length(1)
    expect(bus.view(cora, all.channel)).to.include({ serial: 2, key: 'asking' })
  })

  it('is not given while one in office is heard of, who can grant a key', () => {
    const all = world()
    const asked = request(all)
    all.bus.pass(10_000)
    all.bus.deliver(all.bert, all.channel, asked)
    expect(answers(all)).to.be.greaterThan(0)
  })

  it('is not given by one that knows of an epoch above its own', () => {
    const all = world()
    const { bus, liar, bert, channel } = all
    const asked = request(all)
    bus.pass(10_000)
    const known = answers(all)
    liar.issue([liar.admit(random(32))])
    const above = liar.issue([liar.admit(random(32))])
    bus.deliver(bert, channel, certificateOf(above.announcement).bytes)
    bus.deliver(bert, channel, asked)
    expect(answers(all)).to.equal(known)
  })

  it('is not given by one that starts, before it has asked what there has been', () => {
    const all = world()
    const { bus, bert, channel } = all
    const asked = request(all)
    bus.stop(bert)
    bus.passes = () => false
    bus.start(bert)
    bus.deliver(bert, channel, asked)
    expect(answers(all)).to.equal(0)
    bus.pass(2_000)
    bus.deliver(bert, channel, asked)
    expect(answers(all)).to.equal(1)
  })
})
