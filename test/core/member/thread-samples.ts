/** Random messages of one channel about one another. */
import fc from 'fast-check'
import type { MessageView } from '../../../src/core/notice.ts'
import { ALICE, BOB, deletion, edit, GROUP, MALLORY, reaction, text } from './views.ts'

/** Few words, lines and times, so that everything meets everything. */
export const someMessages: fc.Arbitrary<MessageView[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom('text', 'text', 'edit', 'deletion', 'reaction', 'withdrawal'),
      sender: fc.constantFrom(ALICE, BOB, MALLORY),
      target: fc.nat({ max: 7 }),
      lamport: fc.integer({ min: 1, max: 4 }),
      isInGroup: fc.boolean(),
      isAgain: fc.boolean(),
      emoji: fc.constantFrom('👍', '🎉')
    }),
    { maxLength: 12 }
  )
  .map((all) =>
    all.map(({ kind, sender, target, lamport, isInGroup, isAgain, emoji }, i) => {
      const place = { sender, lamport, ...(isInGroup && { group: GROUP }), ...(isAgain && { replaces: `m${target}` }) }
      if (kind === 'text') return text(`m${i}`, `words ${i}`, place, `m${target}`)
      if (kind === 'edit') return edit(`m${i}`, `m${target}`, `edited ${i}`, place)
      if (kind === 'deletion') return deletion(`m${i}`, `m${target}`, place)
      return reaction(`m${i}`, `m${target}`, emoji, place, kind === 'withdrawal')
    })
  )
